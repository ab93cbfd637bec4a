from datetime import UTC, date, datetime

import polars as pl
import pytest

from etl.batch import MEMBER, ROW
from etl.transform.times import parse_clock, parse_date

OFFSET = "%Y-%m-%dT%H%M%S%z"
AM_PM = "%m/%d/%Y %I:%M:%S %p"
SIX = {f"{name}_at": name for name in ("notified", "enroute", "arrived", "closed")}


def clock(text, formats=(), zone="Asia/Shanghai", end=False):
    frame = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    return frame.select(parse_clock(pl.col("t"), formats, zone, end=end)).item()


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-11-01 08:00:00", [], datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("2026/11/1 8:05", [], datetime(2026, 11, 1, 0, 5, tzinfo=UTC)),
        ("2026-11-01T08:00:00.250", [], datetime(2026, 11, 1, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-01T08:00:00Z", [], datetime(2026, 11, 1, 8, 0, tzinfo=UTC)),
        ("2026-11-01T08:00:00-02:30", [], datetime(2026, 11, 1, 10, 30, tzinfo=UTC)),
        ("2026-11-01T08:00:00+08", [], datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("2026-11-01", [], datetime(2026, 10, 31, 16, 0, tzinfo=UTC)),
        ("2026-02-30 08:00:00", [], None),
        ("2026-11-01 24:00:00", [], None),
        ("11/01/2026 12:05:00 AM", [AM_PM], datetime(2026, 10, 31, 16, 5, tzinfo=UTC)),
        ("11/01/2026 12:05:00 PM", [AM_PM], datetime(2026, 11, 1, 4, 5, tzinfo=UTC)),
        ("1793491200", ["epoch_s"], datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("1793491200500", ["epoch_ms"], datetime(2026, 11, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("20261101080000", ["iso", "%Y%m%d%H%M%S"], datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("2026-11-01T080000-0330", [OFFSET], datetime(2026, 11, 1, 11, 30, tzinfo=UTC)),
        ("yesterday", [], None),
        (None, [], None),
    ],
)  # fmt: skip
def test_clocks_become_utc(text, formats, expected):
    assert clock(text, formats) == expected


def test_the_zone_knows_its_summers():
    assert clock("1988-07-01 12:00:00") == datetime(1988, 7, 1, 3, 0, tzinfo=UTC)
    assert clock("1992-07-01 12:00:00") == datetime(1992, 7, 1, 4, 0, tzinfo=UTC)


def test_a_skipped_clock_is_none_and_a_doubled_one_is_the_first():
    zone = "America/Los_Angeles"
    assert clock("2021-03-14 02:30:00", zone=zone) is None
    assert clock("2021-11-07 01:30:00", zone=zone) == datetime(2021, 11, 7, 8, 30, tzinfo=UTC)
    assert clock("2021-11-07 01:30:00-08:00", zone=zone) == datetime(2021, 11, 7, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "format_", "start", "end"),
    [
        ("2023Q4", "quarter", date(2023, 10, 1), date(2024, 1, 1)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 3, 1)),
        ("202412", "month", date(2024, 12, 1), date(2025, 1, 1)),
        ("2012", "year", date(2012, 1, 1), date(2013, 1, 1)),
        ("2012-02-29", "day", date(2012, 2, 29), date(2012, 3, 1)),
        ("2023Q5", "quarter", None, None),
        ("2023-13", "month", None, None),
    ],
)
def test_periods_have_a_start_and_an_exclusive_end(text, format_, start, end):
    frame = pl.DataFrame({"t": [text]})
    both = frame.select(
        start=parse_date(pl.col("t"), [format_], end=False),
        end=parse_date(pl.col("t"), [format_], end=True),
    )
    assert both.row(0) == (start, end)


def test_rows_without_id_or_first_clock_are_rejected(records):
    batch = records("id,t0\n1,2026-11-01\n,2026-11-01\n3,\n , \n")
    assert batch.frame["record_id"].to_list() == ["1"]
    assert batch.rejects.rows() == [
        (3, "id", "is missing"),
        (5, "id", "is missing"),
        (4, "t0", "is missing"),
    ]


def test_an_unreadable_value_rejects_its_row_or_is_left_blank_as_declared(records):
    text = "id,t0,t4\n1,2026-11-01,soon\n2,2026-11-01,2026-11-02\n"
    strict = records(text, mapping={"arrived_at": "t4"})
    assert strict.rejects.rows() == [(2, "t4", "is not a time in the declared format and zone")]
    lenient = records(text, mapping={"arrived_at": {"source": "t4", "invalid": "blank"}})
    assert lenient.frame["arrived_at"].null_count() == 1
    assert lenient.rejects.is_empty()
    assert lenient.stages[-1].dropped == {"t4 unreadable, left blank": 1}


@pytest.mark.parametrize(
    ("unlisted", "values", "rejected"),
    [("reject", ["fire"], 1), ("keep", ["fire", "XX"], 0), ("blank", ["fire", None], 0)],
)
def test_codes_decode_and_others_are_treated_as_declared(records, unlisted, values, rejected):
    field = {"source": "c", "codes": {"F": "fire"}, "unlisted": unlisted}
    batch = records("id,t0,c\n1,2026-11-01,F\n2,2026-11-01,XX\n", mapping={"category": field})
    assert batch.frame["category"].to_list() == values
    assert batch.rejects.height == rejected


def test_patterns_pull_coordinates_out_of_text(records):
    pattern = {"lat": r"\((.+), .+\)", "lon": r"\(.+, (.+)\)"}
    mapping = {name: {"source": "p", "pattern": text} for name, text in pattern.items()}
    text = 'id,t0,p\n1,2026-11-01,"(43.88, 125.32)"\n2,2026-11-01,nowhere\n3,2026-11-01,\n'
    batch = records(text, mapping=mapping)
    assert batch.frame.select("lat", "lon").rows() == [(43.88, 125.32), (None, None)]
    assert batch.rejects.rows() == [(3, "p", "does not have the declared pattern")]


def test_candidates_templates_constants_scale_and_nulls(records):
    mapping = {
        "category": {"source": ["b", "a"]},
        "address": {"template": "{a}-{b}"},
        "lat": {"source": "a", "scale": 0.001},
        "lon": {"source": "a", "null_values": [7]},
    }
    batch = records("id,t0,a,b\n1,2026-11-01,7,\n2,2026-11-01,8, x \n", mapping=mapping)
    columns = batch.frame.select("category", "address", "lat", "lon", "channel")
    assert columns.rows() == [("7", None, 0.007, None, "110"), ("x", "8-x", 0.008, 8.0, "110")]


def test_whole_numbers_truths_and_defaults(records):
    mapping = {"revision": "r", "is_test": "b"}
    text = (
        "id,t0,r,b\n1,2026-11-01,2.0,是\n2,2026-11-01,2.5,0\n3,2026-11-01,1,maybe\n4,2026-11-01,,\n"
    )
    batch = records(text, mapping=mapping)
    kept = batch.frame.select("revision", "is_test", "is_emergency", "event_id")
    assert kept.rows() == [(2, True, True, "1"), (0, False, True, "4")]
    assert set(batch.rejects["reason"]) == {"is not a whole number", "is not true or false"}


def test_attributes_become_one_json(records):
    mapping = {
        "facility_id": "id",
        "kind": {"const": "place"},
        "attributes.height_m": {"source": "h", "type": "float"},
        "attributes.note": "n",
    }
    text = "id,h,n\n1,2.50,朝阳\n2,tall,\n"
    batch = records(text, table="facility", mapping=mapping)
    assert batch.frame["attributes"].to_list() == ['{"height_m":2.5,"note":"朝阳"}']
    assert batch.rejects.rows() == [(3, "h", "is not a number")]


def test_clocks_keyed_in_together_are_flagged(records):
    header = "id,t0,notified,enroute,arrived,closed\n"
    one = "1,2026-11-01 08:00:00,2026-11-01 08:01:00,2026-11-01 08:02:00,2026-11-01 08:09:00,\n"
    two = "2,2026-11-01 08:00:00,2026-11-01 08:01:00,2026-11-01 08:01:00,,\n"
    assert records(header + one + two, mapping=SIX).frame["is_batch_keyed"].to_list() == [
        False,
        True,
    ]


def test_the_first_unit_to_arrive_speaks_for_the_call(records):
    mapping = SIX | {"unit_id": "u", "priority": "n"}
    group_by = {
        "key": "record_id",
        "first_by": ["arrived_at", "enroute_at"],
        "earliest": ["notified_at"],
        "latest": ["closed_at"],
    }
    text = (
        "id,t0,u,n,notified,enroute,arrived,closed\n"
        "A,2026-11-01,E1,1,2026-11-01 00:01,2026-11-01 00:02,2026-11-01 00:09,2026-11-01 01:00\n"
        "A,2026-11-01,E2,2,2026-11-01 00:03,2026-11-01 00:04,2026-11-01 00:07,2026-11-01 00:30\n"
        "A,2026-11-01,E3,3,2026-11-01 00:02,2026-11-01 00:03,,2026-11-01 00:20\n"
        "B,2026-11-01,E4,4,,2026-11-01 00:05,,\n"
        "B,2026-11-01,E5,5,,2026-11-01 00:04,,\n"
    )
    batch = records(text, mapping=mapping, group_by=group_by)
    rows = batch.frame.select("record_id", "unit_id").rows()
    assert rows == [("A", "E2"), ("B", "E5")]
    call = batch.frame.row(0, named=True)
    minutes = [
        (call[name] - call["received_at"]).total_seconds() / 60
        for name in ("notified_at", "enroute_at", "arrived_at", "closed_at")
    ]
    assert minutes == [1, 4, 7, 60]
    # turnout is from its own notice, and unknown where only another unit's is known
    assert (call["enroute_at"] - call["unit_notified_at"]).total_seconds() == 60
    assert batch.frame["unit_notified_at"][1] is None
    assert batch.members.sort(ROW, MEMBER).rows() == [(3, 2), (3, 4), (6, 5)]
    assert batch.rows_loaded() == 5


def test_wide_tables_become_long_and_blank_cells_say_nothing(records):
    mapping = {
        "variable": "@variable",
        "entity_id": "d",
        "value": "@value",
        "starts_at": {"const": 2020, "format": "year"},
        "ends_at": {"const": 2020, "format": "year", "end": True},
    }
    batch = records(
        "d,a,b\nx,1,2\ny,,3\nz,,\n",
        table="statistic",
        unpivot={"a": "alpha", "b": "beta"},
        mapping=mapping,
    )
    assert batch.frame.select("entity_id", "variable", "value").rows() == [
        ("x", "alpha", 1.0),
        ("x", "beta", 2.0),
        ("y", "beta", 3.0),
    ]
    assert batch.rejects.rows() == [(4, "a/b", "no value in any of the columns")]
    assert batch.rows_loaded() == 2
