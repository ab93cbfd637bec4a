"""T6, T7 and T9 on events as the records give them."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from geodata.queries.operation import DISPATCH_SCHEMA, STOP_EVENT_SCHEMA
from layers.catalogue.formula import apply_formula
from layers.measures.transit_headways import (
    compute_bunching_share,
    compute_excess_wait,
    compute_headway_cv,
)
from layers.measures.transit_punctuality import (
    OnTime,
    compute_first_departure_punctuality,
    compute_observed_share,
    compute_on_time,
    compute_trip_completion,
)
from layers.states.merge_frames import merge_states

ZONE = "Asia/Shanghai"
SEVEN = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # 07:00 of the 23rd in Changchun
WINDOWS = {"morning": (7.0, 10.0)}
RULE = OnTime((60, 300), {})
PLANNED_MIN = [0, 10, 20, 30, 40, 50, 60]
ACTUAL_MIN = [0, 4, 20, 30, 40, 42, 60]  # H = 4, 16, 10, 10, 2, 18


def stop_events(
    planned_min: list[float],
    delay_s: list[float | None],
    cancelled: tuple[int, ...] = (),
    **constant: object,
) -> pl.DataFrame:
    rows = [
        {
            "source": "avl",
            "route_id": "R",
            "direction_id": 0,
            "stop_id": "S",
            "scheduled_at": SEVEN + timedelta(minutes=minute),
            "delay_s": delay,
            "is_cancelled": number in cancelled,
            "cell": 1,
            "district_id": "d",
            **constant,
        }
        for number, (minute, delay) in enumerate(zip(planned_min, delay_s, strict=True))
    ]
    return pl.DataFrame(rows, schema=dict(STOP_EVENT_SCHEMA))


def ran(actual_min: list[float | None], **options: object) -> pl.DataFrame:
    delays = [
        None if actual is None else (actual - planned) * 60.0
        for planned, actual in zip(PLANNED_MIN, actual_min, strict=True)
    ]
    return stop_events(PLANNED_MIN, delays, **options)


def one(states: pl.DataFrame) -> dict[str, float]:
    (row,) = merge_states(states, []).iter_rows(named=True)
    return row


DELAYS = [-90.0, -60.0, 0.0, 120.0, 300.0, 301.0, None]


def test_t6_on_time_share() -> None:
    """T6: 4 of 6 observed are on time, 66.7 %; a seventh was cancelled: coverage 85.7 %."""
    events = stop_events([0.0] * 7, DELAYS, cancelled=(6,))
    state = one(compute_on_time(events, RULE, ZONE))
    assert (state["num"], state["den"], state["n"], state["n_missing"]) == (4, 6, 6, 1)
    assert round(100 * state["num"] / state["den"], 1) == 66.7
    observed = one(compute_observed_share(events, ZONE))
    assert round(100 * observed["num"] / observed["den"], 1) == 85.7


def test_t6_strict_counts_the_cancelled_as_late() -> None:
    """T6 strict: 4 of 7 scheduled, 57.1 %."""
    events = stop_events([0.0] * 7, DELAYS, cancelled=(6,))
    state = one(compute_on_time(events, RULE, ZONE, strict=True))
    assert (state["num"], state["den"], state["n_missing"]) == (4, 7, 1)
    assert round(100 * state["num"] / state["den"], 1) == 57.1


def test_t6_a_route_may_have_its_own_rule() -> None:
    """T6: the tolerance is configured per route."""
    events = stop_events([0.0] * 7, DELAYS)
    lenient = OnTime((60, 300), {"R": (90, 600)})
    assert one(compute_on_time(events, lenient, ZONE))["num"] == 6


def test_t6_counts_on_the_local_day() -> None:
    """T6: 07:00 local is still the evening before in UTC."""
    states = compute_on_time(stop_events([0.0], [0.0]), RULE, ZONE)
    assert states["starts_at"].to_list() == [datetime(2026, 11, 22, 16, tzinfo=UTC)]


def test_t7_excess_wait_cv_and_bunching() -> None:
    """T7: H = 4, 16, 10, 10, 2, 18; h = 10 -> 1.667 min, 0.6325, 16.7 %."""
    events = ran(ACTUAL_MIN)
    wait = merge_states(compute_excess_wait(events, WINDOWS, ZONE, 12), [])
    assert round(float(apply_formula("excess_wait", wait)[0]), 3) == 1.667
    assert wait["n"].to_list() == [6]
    cv = merge_states(compute_headway_cv(events, WINDOWS, ZONE, 12), [])
    assert round(float(apply_formula("relative_deviation", cv)[0]), 4) == 0.6325
    bunched = one(compute_bunching_share(events, WINDOWS, ZONE, 12))
    assert (bunched["num"], bunched["den"]) == (1, 6)
    assert round(100 * bunched["num"] / bunched["den"], 1) == 16.7


def test_t7_a_missed_detection_drops_the_gaps_beside_it() -> None:
    """T7: pairs with a missed detection do not count, neither H nor h."""
    events = ran([0, 4, None, 30, 40, 42, 60])
    state = one(compute_excess_wait(events, WINDOWS, ZONE, 12))
    assert (state["n"], state["n_missing"]) == (4, 1)
    assert (state["den"], state["sum_w"]) == pytest.approx((4 + 10 + 2 + 18, 40))
    assert one(compute_bunching_share(events, WINDOWS, ZONE, 12))["den"] == 4


def test_t7_people_wait_through_a_cancelled_trip() -> None:
    """T7: the gap that ran spans it, the planned gaps stay two."""
    events = ran([0, 10, None, 30, 40, 50, 60], cancelled=(2,))
    state = one(compute_excess_wait(events, WINDOWS, ZONE, 12))
    assert (state["n"], state["n_missing"]) == (5, 0)
    assert (state["num"], state["sum_wx"]) == pytest.approx((400 + 4 * 100, 600))
    at_the_end = ran([0, 10, 20, 30, 40, 50, None], cancelled=(6,))
    assert one(compute_excess_wait(at_the_end, WINDOWS, ZONE, 12))["sum_w"] == pytest.approx(50)


def test_t7_overtaking_makes_no_negative_wait() -> None:
    """T7: people take the bus that comes first, whichever it is."""
    state = one(compute_excess_wait(ran([0, 22, 20, 30, 40, 50, 60]), WINDOWS, ZONE, 12))
    assert state["num"] == pytest.approx(20**2 + 2**2 + 8**2 + 3 * 100)


def test_t7_rare_service_is_left_out() -> None:
    """T7: above 12 min people look at the timetable."""
    sparse = stop_events([0, 20, 40], [0.0, 60.0, 0.0])
    state = one(compute_excess_wait(sparse, WINDOWS, ZONE, 12))
    assert (state["n"], state["n_missing"]) == (0, 0)


def test_t7_routes_directions_and_sources_are_kept_apart() -> None:
    """T7: gaps are matched within a source's route and direction at a stop."""
    for other in ({"route_id": "Q"}, {"direction_id": 1}, {"source": "other"}):
        both = pl.concat([ran(ACTUAL_MIN), ran(ACTUAL_MIN, **other)])
        state = one(compute_excess_wait(both, WINDOWS, ZONE, 12))
        assert (state["num"], state["den"]) == pytest.approx((1600, 120))


def trips(delays: list[float | None], run_km: list[float | None]) -> pl.DataFrame:
    rows = [
        {
            "route_id": "R",
            "planned_at": SEVEN,
            "delay_s": delay,
            "scheduled_km": 20.0,
            "run_km": km,
            "cell": 1,
            "district_id": "d",
        }
        for delay, km in zip(delays, run_km, strict=True)
    ]
    return pl.DataFrame(rows, schema=dict(DISPATCH_SCHEMA))


def test_t9_completion_and_first_departures() -> None:
    """T9: 40 scheduled, 38 operated, 36 punctual -> 95.0 %, 94.7 % of operated."""
    log = trips([0.0] * 34 + [-60.0, 60.0, -61.0, 61.0, None, None], [19.0] * 38 + [0.0, None])
    done = one(compute_trip_completion(log, 0.95, ZONE))
    assert (done["num"], done["den"], done["n_missing"]) == (38, 40, 0)
    punctual = one(compute_first_departure_punctuality(log, OnTime((60, 60), {}), ZONE))
    assert (punctual["num"], punctual["den"]) == (36, 38)
    assert round(100 * punctual["num"] / punctual["den"], 1) == 94.7


def test_t9_a_trip_cut_short_is_not_completed_and_an_unread_distance_is_missing() -> None:
    """T9: served at least 95 % of the scheduled distance."""
    done = one(compute_trip_completion(trips([0.0] * 3, [18.9, 19.0, None]), 0.95, ZONE))
    assert (done["num"], done["den"], done["n_missing"]) == (1, 2, 1)
