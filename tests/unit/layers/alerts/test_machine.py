"""The life of an alert and its case, without a clock of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from layers.alerts.machine import Alert, Timing, acknowledge, advance, assign, begin, close
from layers.alerts.observation import Observation
from layers.errors import QueryError

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMING = Timing(pending=5 * MINUTE, recovery=10 * MINUTE)
AT_ONCE = Timing(timedelta(0), timedelta(0))


def seen(severity: int | None, *, holds: bool | None = None) -> Observation:
    goes_on = bool(severity) if holds is None else holds
    return Observation("load", "city", "city", severity, goes_on, "119", 12.0, 9.0, "多", "many")


def raised(severity: int = 2, timing: Timing = AT_ONCE) -> Alert:
    return begin(seen(severity), timing, NOON)[0][0]


def test_nothing_to_see_begins_nothing() -> None:
    assert begin(seen(0), TIMING, NOON) == []
    assert begin(seen(None), TIMING, NOON) == []


def test_a_condition_must_hold_before_it_is_raised() -> None:
    ((alert, change),) = begin(seen(1), TIMING, NOON)
    assert (alert.state, change, alert.raised_at) == ("pending", "pending", None)
    alert, change = advance(alert, seen(1), TIMING, NOON + 4 * MINUTE)
    assert (alert.state, change) == ("pending", None)
    alert, change = advance(alert, seen(2), TIMING, NOON + 5 * MINUTE)
    assert (alert.state, change, alert.severity) == ("firing", "raised", 2)
    assert alert.raised_at == NOON + 5 * MINUTE


def test_a_condition_that_passes_before_its_time_is_cancelled() -> None:
    ((alert, _),) = begin(seen(1), TIMING, NOON)
    alert, change = advance(alert, seen(0), TIMING, NOON + MINUTE)
    assert (alert.state, change, alert.ended_at) == ("cancelled", "cancelled", NOON + MINUTE)


def test_between_the_two_limits_an_alert_goes_on_and_none_begins() -> None:
    alert, change = advance(raised(), seen(0, holds=True), AT_ONCE, NOON + MINUTE)
    assert (alert.state, change) == ("firing", None)
    assert begin(seen(0, holds=True), AT_ONCE, NOON) == []


def test_an_unknown_value_neither_raises_nor_ends() -> None:
    alert = raised()
    assert advance(alert, seen(None), AT_ONCE, NOON + MINUTE) == (alert, None)


def test_it_grows_worse_once_and_never_better_by_itself() -> None:
    alert, change = advance(raised(1), seen(3), AT_ONCE, NOON + MINUTE)
    assert (alert.severity, change) == (3, "escalated")
    alert, change = advance(alert, seen(1), AT_ONCE, NOON + 2 * MINUTE)
    assert (alert.severity, change) == (3, None)


def test_it_recovers_only_after_the_condition_was_gone_long_enough() -> None:
    alert, change = advance(raised(), seen(0), TIMING, NOON + MINUTE)
    assert (alert.state, alert.recovering_at, change) == ("firing", NOON + MINUTE, None)
    back, _ = advance(alert, seen(2), TIMING, NOON + 2 * MINUTE)
    assert back.recovering_at is None
    alert, change = advance(alert, seen(0), TIMING, NOON + 11 * MINUTE)
    assert (alert.state, change, alert.ended_at) == ("recovered", "recovered", None)


def test_the_same_condition_again_reopens_an_open_case() -> None:
    alert, _ = advance(raised(), seen(0), AT_ONCE, NOON + MINUTE)
    alert, change = advance(alert, seen(2), AT_ONCE, NOON + 2 * MINUTE)
    assert (alert.state, change) == ("firing", "again")


def test_a_warning_ends_in_a_closed_case() -> None:
    alert, _ = acknowledge(raised())
    alert, _ = assign(alert, " 王强 ")
    assert (alert.case_state, alert.assigned_to) == ("assigned", "王强")
    alert, _ = advance(alert, seen(0), AT_ONCE, NOON + MINUTE)
    assert alert.ended_at is None
    alert, change = close(alert, NOON + 2 * MINUTE)
    assert (alert.case_state, change, alert.ended_at) == ("closed", "closed", NOON + 2 * MINUTE)


def test_a_case_closed_early_stays_quiet_until_the_condition_is_gone() -> None:
    alert, _ = close(acknowledge(raised())[0], NOON + MINUTE)
    assert alert.ended_at is None
    alert, change = advance(alert, seen(2), AT_ONCE, NOON + 2 * MINUTE)
    assert (alert.case_state, change) == ("closed", None)
    alert, change = advance(alert, seen(0), AT_ONCE, NOON + 3 * MINUTE)
    assert (change, alert.ended_at) == ("recovered", NOON + 3 * MINUTE)


def test_steps_out_of_turn_are_refused() -> None:
    alert = raised()
    with pytest.raises(QueryError, match="cannot be closed"):
        close(alert, NOON)
    with pytest.raises(QueryError, match="cannot be acknowledged"):
        acknowledge(acknowledge(alert)[0])
    with pytest.raises(QueryError, match="has a name"):
        assign(alert, "  ")
    pending = replace(alert, raised_at=None, state="pending")
    with pytest.raises(QueryError):
        acknowledge(pending)


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=2, minutes=17)], ids=str)
def test_a_clock_set_back_does_not_hold_an_alert_back(step) -> None:
    timing = Timing(pending=timedelta(minutes=10), recovery=timedelta(minutes=10))
    at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    (alert, _), *_ = begin(seen(1), timing, at)
    at -= step
    alert, change = advance(alert, seen(1), timing, at)
    assert (alert.state, change) == ("pending", None)
    alert, change = advance(alert, seen(1), timing, at + timedelta(minutes=10))
    assert (alert.state, change) == ("firing", "raised")
    alert, _ = advance(alert, seen(0), timing, at + timedelta(minutes=20))
    at += timedelta(minutes=20) - step
    alert, change = advance(alert, seen(0), timing, at)
    assert change is None
    alert, change = advance(alert, seen(0), timing, at + timedelta(minutes=10))
    assert (alert.state, change) == ("recovered", "recovered")
