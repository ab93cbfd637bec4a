"""METHODS 10, partial periods: what is known of a period, and changes of equal things only."""

from dataclasses import dataclass
from datetime import date

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.period import Period
from layers.states.status import Status
from layers.values.change import NoChange, compute_change, is_count, plan_comparison
from layers.values.covered_days import CoveredDays

CHANGCHUN = load_city("changchun")
CALLS = find_indicator(CHANGCHUN, "incident_calls")
SHARE = find_indicator(CHANGCHUN, "within_target_share")
BEDS = find_indicator(CHANGCHUN, "beds_per_1000")
MONTHLY = find_indicator(CHANGCHUN, "mr_coverage")
NOVEMBER = Period.parse("2026-11")
TODAY = date(2026, 11, 28)


@dataclass(frozen=True)
class Number:
    """A reading."""

    value: float | None
    status: int = Status.OK


def covered(*spans: str, today: date = TODAY) -> CoveredDays:
    """One component that is covered over spans, the last day of each included in its text."""
    return CoveredDays({"total": tuple(Period.parse(span) for span in spans)}, today)


def test_10_calls_are_compared_a_covered_day():
    days = covered("2026-10-03--2026-11-28")
    known = days.of(NOVEMBER)
    assert (known.days, known.period.days, known.is_partial, known.is_running) == (
        27,
        30,
        True,
        True,
    )
    compared = plan_comparison(CALLS, "all", days, NOVEMBER)
    assert (compared.now_days, compared.then_days) == (27, 29)
    assert str(compared.then) == "2026-10-03--2026-11-01"
    change = compute_change(compared, Number(8271), Number(8490))
    assert change.amount is None
    assert change.share == pytest.approx(306.3333 / 292.7586 - 1, abs=1e-6)
    assert round(100 * change.share, 1) == 4.6
    assert change.sign == 1


def test_two_whole_months_of_different_length_are_compared_a_day():
    days = covered("2026-09-01--2026-12-01", today=date(2026, 12, 5))
    compared = plan_comparison(CALLS, "all", days, NOVEMBER)
    assert (compared.now_days, compared.then_days) == (30, 31)
    assert compute_change(compared, Number(300), Number(310)).share == pytest.approx(0)


def test_spans_of_equal_length_keep_the_plain_difference():
    days = covered("2026-10-01--2026-11-28")
    week = Period.parse("2026-11-21--2026-11-28")
    change = compute_change(plan_comparison(CALLS, "all", days, week), Number(70), Number(63))
    assert (change.amount, change.share) == (7, None)


def test_10_a_share_is_compared_over_the_same_part():
    compared = plan_comparison(SHARE, "all", covered("2026-10-03--2026-11-28"), NOVEMBER)
    assert str(compared.now) == "2026-11-03--2026-11-28"
    assert str(compared.then) == "2026-10-03--2026-10-28"
    assert compute_change(compared, Number(90.5), Number(88.0)).amount == pytest.approx(2.5)


def test_a_whole_month_beside_one_that_began_late_is_compared_to_both_ends():
    days = covered("2026-10-03--2026-12-01", today=date(2026, 12, 5))
    compared = plan_comparison(SHARE, "all", days, NOVEMBER)
    assert str(compared.now) == "2026-11-03--2026-12-01"
    assert str(compared.then) == "2026-10-03--2026-11-01"


@pytest.mark.parametrize(
    "spans",
    [
        ["2026-10-20--2026-11-28"],  # 12 of 31 days of October
        ["2026-10-01--2026-11-10"],  # 9 of 30 days of November
        ["2026-11-01--2026-11-28"],  # nothing of October
        [],
    ],
)
@pytest.mark.parametrize("entry", [CALLS, SHARE])
def test_10_less_than_half_of_either_period_gives_no_change(entry, spans):
    compared = plan_comparison(entry, "all", covered(*spans), NOVEMBER)
    change = compute_change(compared, Number(10), Number(20))
    assert (change.amount, change.share, change.why) == (None, None, NoChange.LITTLE_COVERED)


def test_halves_that_do_not_overlap_are_no_same_part():
    days = covered("2026-10-01--2026-10-17", "2026-11-13--2026-11-28")
    assert plan_comparison(SHARE, "all", days, NOVEMBER).why is NoChange.LITTLE_COVERED
    assert plan_comparison(CALLS, "all", days, NOVEMBER).why is None


def test_a_gap_is_no_covered_day():
    known = covered("2026-11-01--2026-11-05", "2026-11-08--2026-11-28").of(NOVEMBER)
    assert known.days == 24
    assert str(known.hull) == "2026-11-01--2026-11-28"


def test_every_component_heard_of_must_cover_a_day():
    runs = {
        "110": (Period.parse("2026-10-01--2026-11-28"),),
        "119": (Period.parse("2026-10-03--2026-11-26"),),
        "12350": (Period.parse("2025"),),  # silent in both months: it takes no part
    }
    days = CoveredDays(runs, TODAY)
    assert days.of(NOVEMBER).days == 25
    assert plan_comparison(CALLS, "all", days, NOVEMBER).then_days == 29


def test_a_rate_kept_by_the_month_is_not_split():
    compared = plan_comparison(MONTHLY, "4g", covered("2026-10-01--2026-11-28"), NOVEMBER)
    assert compared.why is NoChange.NOT_SPLIT


def test_a_stock_changes_only_when_it_is_counted_again():
    once = CoveredDays({}, TODAY, is_stock=True, counted_on=(date(2026, 1, 1),))
    assert plan_comparison(BEDS, "total", once, NOVEMBER).why is NoChange.ONE_COUNT
    again = CoveredDays({}, TODAY, is_stock=True, counted_on=(date(2026, 1, 1), date(2026, 11, 1)))
    change = compute_change(
        plan_comparison(BEDS, "total", again, NOVEMBER), Number(7.5), Number(7.0)
    )
    assert change.amount == 0.5


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Number(None, Status.NO_DATA), NoChange.MISSING),
        (Number(3.0, Status.SUPPRESSED), NoChange.MISSING),
        (Number(3.0, Status.LOW_N), NoChange.FEW),
    ],
)
def test_what_is_not_known_or_rests_on_few_has_no_change(now, why):
    compared = plan_comparison(SHARE, "all", covered("2026-10-01--2026-11-28"), NOVEMBER)
    assert compute_change(compared, now, Number(4.0)).why is why


def test_from_nothing_the_change_is_what_there_is_a_day():
    compared = plan_comparison(CALLS, "all", covered("2026-10-03--2026-11-28"), NOVEMBER)
    change = compute_change(compared, Number(54), Number(0, Status.ZERO_TRUE))
    assert (change.amount, change.share) == (2, None)


def test_a_timetable_knows_days_to_come():
    days = CoveredDays(
        {"total": (Period.parse("2026-11"), Period.parse("2026-12"))}, TODAY, is_planned=True
    )
    assert not days.of(NOVEMBER).is_partial
    assert days.of(Period.parse("2026-12-03")).is_future
    assert not days.of(Period.parse("2026-11-28")).is_future


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("incident_calls", True),
        ("incident_rate_10k", True),
        ("vehicle_km", True),
        ("within_target_share", False),
        ("open_incidents_mean", False),
        ("departures_per_hour", False),
        ("beds_per_1000", False),
        ("turnout_p90", False),
    ],
)
def test_what_grows_with_the_days_is_a_count(key, counts):
    assert is_count(find_indicator(CHANGCHUN, key)) is counts
