import pytest

from etl.transform.clocks import CLOCKLESS


def marked(records, text, **changes):
    frame = records(text, **changes).frame
    return frame[CLOCKLESS].to_list() if CLOCKLESS in frame.columns else None


@pytest.mark.parametrize("day", ["2026-11-01", "2026/11/1", "2026.11.01"])
def test_a_day_where_a_clock_is_needed_is_marked_by_its_column(records, day):
    assert marked(records, f"id,t0\n1,{day}\n2,{day} 08:00\n") == ["t0", None]


@pytest.mark.parametrize("format_", ["day", "%Y-%m-%d", ["iso", "%Y-%m-%d"]])
def test_days_that_are_declared_are_meant(records, format_):
    mapping = {"received_at": {"source": "t0", "format": format_}}
    assert marked(records, "id,t0\n1,2026-11-01\n", mapping=mapping) is None


def test_a_later_clock_is_marked_too_unless_it_may_be_anything(records):
    text = "id,t0,t4\n1,2026-11-01 08:00,2026-11-01\n"
    assert marked(records, text, mapping={"arrived_at": "t4"}) == ["t4"]
    lenient = {"arrived_at": {"source": "t4", "invalid": "blank"}}
    assert marked(records, text, mapping=lenient) == [None]
