"""METHODS 9: the published month is the last one that is over and told of to its end."""

from datetime import date

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator
from layers.disclosure.rules import must_be_over
from layers.disclosure.schedule import periods_to_publish
from layers.disclosure.series import Series
from layers.period import Period
from layers.values.covered_days import CoveredDays

CHANGCHUN = load_city("changchun")
EVENTS = find_indicator(CHANGCHUN, "incident_count")
OPEN = find_indicator(CHANGCHUN, "open_incidents")
BEDS = find_indicator(CHANGCHUN, "beds_per_1000")
MONTHS = [Period.parse(each) for each in ("2026-10", "2026-11", "2026-12", "2027-01")]


def day(text: str) -> date:
    return date.fromisoformat(text)


def known(*runs: tuple[str, str], beside: tuple[tuple[str, str], ...] = ()) -> CoveredDays:
    """Days covered of one channel, and of a second one beside it."""
    spans = {"110": runs, **({"120": beside} if beside else {})}
    made = {key: tuple(Period(day(a), day(b)) for a, b in each) for key, each in spans.items()}
    return CoveredDays(made, today=day("2027-01-10"))


def published_period(
    indicator: Indicator, steps: list[Period], covered: CoveredDays, today: date
) -> Period | None:
    """The newest of the periods that are published."""
    series = Series(indicator, indicator.default_component)
    return next(reversed(periods_to_publish(series, steps, covered, today)), None)


def newest(covered: CoveredDays, today: str) -> str | None:
    found = published_period(EVENTS, MONTHS, covered, day(today))
    return str(found) if found else None


@pytest.mark.parametrize(
    ("today", "until", "wanted"),
    [
        ("2026-11-01", "2026-11-01", "2026-10"),  # the first minute of the next month
        ("2026-10-31", "2026-10-31", None),  # the month's last day is not over
        ("2026-11-01", "2026-10-31", None),  # its last day is not told of
        ("2026-12-01", "2026-12-01", "2026-11"),
        ("2027-01-01", "2027-01-01", "2026-12"),  # the year's end
        ("2026-12-31", "2026-12-31", "2026-11"),
    ],
)
def test_9_the_last_complete_month(today: str, until: str, wanted: str | None) -> None:
    assert newest(known(("2026-10-01", until)), today) == wanted


def test_9_a_source_that_stops_in_a_month_does_not_complete_it() -> None:
    stopped = known(("2026-10-01", "2026-12-01"), beside=(("2026-10-01", "2026-11-12"),))
    assert newest(stopped, "2026-12-05") == "2026-10"


def test_9_days_known_after_a_gap_do_not_complete_the_month_of_the_gap() -> None:
    assert newest(
        known(("2026-10-01", "2026-10-20"), ("2026-11-05", "2026-12-01")), "2026-12-05"
    ) == ("2026-11")
    assert (
        newest(known(("2026-10-01", "2026-10-20"), ("2026-11-05", "2026-11-20")), "2026-12-05")
        is None
    )


def test_9_a_channel_that_ended_before_does_not_hold_back_the_next_month() -> None:
    ended = known(("2026-10-01", "2026-12-01"), beside=(("2026-09-01", "2026-11-01"),))
    assert newest(ended, "2026-12-05") == "2026-11"


def test_9_what_is_open_is_published_of_days_that_are_over() -> None:
    """A stock of events changes by the hour; a register of beds stands until the next."""
    days = [Period.parse(f"2026-11-{number}") for number in (26, 27, 28)]
    counted = tuple(each.first for each in days)
    covered = CoveredDays({}, day("2026-11-28"), is_stock=True, counted_on=counted)
    assert str(published_period(OPEN, days, covered, day("2026-11-28"))) == "2026-11-27"
    assert must_be_over(OPEN)
    assert must_be_over(EVENTS)
    assert not must_be_over(BEDS)
    assert str(published_period(BEDS, MONTHS, covered, day("2026-11-28"))) == "2026-11"
