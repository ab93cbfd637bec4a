from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import QueryError
from layers.period import Grain, Period

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11-20", date(2026, 11, 20), date(2026, 11, 21)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-11-01--2026-11-22", date(2026, 11, 1), date(2026, 11, 22)),
    ],
)
def test_reads_and_writes(text, first, end):
    period = Period.parse(text)
    assert (period.first, period.end, str(period)) == (first, end, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026Q5",
        "26",
        "2026-02-30",
        "9999-12-31",
        "2026-11-22--2026-11-22",
        "2026-1-1--x",
    ],
)
def test_refuses(text):
    with pytest.raises(QueryError):
        Period.parse(text)


def test_1_5_begins_at_local_midnight_with_the_zone_of_that_time():
    assert Period.parse("2026-11").start_at("Asia/Shanghai") == datetime(
        2026, 10, 31, 16, tzinfo=UTC
    )
    # summer time of 1986-91: UTC+9
    assert Period.parse("1988-07").start_at("Asia/Shanghai") == datetime(
        1988, 6, 30, 15, tzinfo=UTC
    )


@given(DAYS, st.sampled_from(list(Grain)))
def test_calendar_units_survive_writing_and_follow_each_other(day, grain):
    period = Period.containing(day, grain)
    assert Period.parse(str(period)) == period
    assert period.grain == grain
    assert period.previous.end == period.first
    assert period.widened(grain) == period


@given(DAYS, st.integers(1, 400))
def test_steps_cover_a_span_without_gap_or_overlap(end, count):
    span = Period.last_days(count, end)
    for grain in Grain:
        steps = list(span.split(grain))
        assert all(a.end == b.first for a, b in pairwise(steps))
        assert Period(steps[0].first, steps[-1].end) == span.widened(grain)


def test_the_span_before_is_as_long():
    assert str(Period.parse("2026-11-08--2026-11-15").previous) == "2026-11-01--2026-11-08"
