"""Which period a score speaks of, and its roll-over at midnight, month and year's end."""

from datetime import date, timedelta

import pytest

from layers.period import Grain, Period
from layers.score.scored_period import scored_period


def days(first: date, last: date) -> list[Period]:
    count = (last - first).days + 1
    return [Period.containing(first + timedelta(days=i), Grain.DAY) for i in range(count)]


STEPS = days(date(2026, 10, 5), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("rule", "today", "expected"),
    [
        ("day", date(2026, 11, 22), "2026-11-21"),
        ("day", date(2026, 11, 23), "2026-11-22"),
        ("week", date(2026, 11, 22), "2026-11-15--2026-11-22"),
        ("month", date(2026, 11, 30), "2026-10"),
        ("month", date(2026, 12, 1), "2026-11"),
        ("month", date(2027, 1, 1), "2026-12"),
        ("quarter", date(2026, 12, 31), None),
        ("quarter", date(2027, 1, 1), "2026Q4"),
        ("latest", date(2026, 11, 22), "2026-11-22"),
    ],
)
def test_rolls_over_with_the_calendar(rule: str, today: date, expected: str | None) -> None:
    found = scored_period(STEPS, rule, today)
    assert (str(found) if found else None) == expected


def test_an_undelivered_period_leaves_the_one_before() -> None:
    until_20th = [step for step in STEPS if step.end <= date(2026, 11, 21)]
    assert str(scored_period(until_20th, "day", date(2026, 11, 25))) == "2026-11-20"
    assert str(scored_period(until_20th, "month", date(2027, 1, 5))) == "2026-11"
    assert scored_period([], "week", date(2026, 11, 22)) is None
