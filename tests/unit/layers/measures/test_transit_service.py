"""T2, T3 and companions on the departures of mini-feed M, as the feed's expansion gives them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from layers.measures.transit_service import (
    compute_departures_per_hour,
    compute_headway_mean_min,
    compute_stop_departures,
    compute_wait_random_min,
)
from layers.states.merge_frames import merge_states

ZONE = "Asia/Shanghai"
MORNING = {"morning": (7.0, 10.0)}
NIGHT = {"night": (0.0, 1.0)}
CELLS = {"S1": 1, "S2": 1, "S3": 2}
RUNS = {"T1": 420, "T2": 440, "T3": 470, "TN": 1470, "TF0": 540, "TF1": 560, "TF2": 580}
WORKDAYS = {date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 24), date(2026, 12, 26)}


def departures(route: str = "R") -> pl.DataFrame:
    """The boardable departures of M on some service days; S3 is the terminal and has none."""
    rows = []
    for day in sorted(WORKDAYS):
        midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE))
        for number, (trip, first_min) in enumerate(RUNS.items()):
            for offset, stop in ((0, "S1"), (5, "S2")):
                rows.append(
                    {
                        "source": "m",
                        "run_id": day.toordinal() * 100 + number,
                        "route_id": route,
                        "direction_id": 0,
                        "stop_id": stop,
                        "departs_at": midnight + timedelta(minutes=first_min + offset),
                        "is_estimated": trip == "T1" and stop == "S2",
                        "cell": CELLS[stop],
                        "district_id": "d",
                    }
                )
    return pl.DataFrame(rows).with_columns(pl.col("departs_at").dt.convert_time_zone("UTC"))


def on(states: pl.DataFrame, day: date, cell: int | None = None) -> pl.DataFrame:
    local = pl.col("starts_at").dt.convert_time_zone(ZONE).dt.date() == day
    chosen = states.filter(local)
    return chosen if cell is None else chosen.filter(pl.col("cell") == cell)


FIRST = date(2026, 12, 1)


def test_trips_per_hour_counts_each_run_once_in_a_cell() -> None:
    """T2 Test: M, 2026-12-01, [07,10): A 6 trips -> 2.0/h."""
    states = on(compute_departures_per_hour(departures(), MORNING, ZONE), FIRST)
    assert states["cell"].to_list() == [1]  # S3 is only arrived at
    assert len(states["ids"][0]) / 3 == 2.0
    assert states["n"].to_list() == [6]


def test_a_parent_is_the_union_of_its_cells_and_not_their_sum() -> None:
    """T2 Test: B 0 (S3 is terminal); A and B together 6."""
    apart = departures().with_columns(
        pl.when(pl.col("stop_id") == "S1").then(1).otherwise(2).cast(pl.Int64).alias("cell")
    )
    states = on(compute_departures_per_hour(apart, MORNING, ZONE), FIRST)
    assert states["n"].to_list() == [6, 6]
    assert merge_states(states, [])["ids"].list.len().to_list() == [6]


def test_stop_departures_counts_every_stop() -> None:
    """T2 stop_departures: A 12."""
    states = on(compute_stop_departures(departures(), MORNING, ZONE), FIRST)
    assert states["num"].to_list() == [12]


@pytest.mark.parametrize(
    ("day", "runs"), [(date(2026, 12, 2), 1), (date(2026, 12, 26), 0), (date(2026, 12, 27), 1)]
)
def test_after_midnight_counts_on_the_calendar_day(day: date, runs: int) -> None:
    states = on(compute_departures_per_hour(departures(), NIGHT, ZONE), day)
    assert sum(len(ids) for ids in states["ids"]) == runs


def test_headway_is_the_mean_of_the_gaps_at_one_stop() -> None:
    """T3 Test: gaps 20, 30, 70, 20, 20 -> 32.0."""
    only_s1 = departures().filter(pl.col("stop_id") == "S1")
    state = on(compute_headway_mean_min(only_s1, MORNING, ZONE), FIRST).row(0, named=True)
    assert state["n"] == state["sum_w"] == 5
    assert state["sum_wx"] / state["sum_w"] == 32.0
    assert state["sum_x2"] == 400 + 900 + 4900 + 400 + 400


def test_wait_of_random_arrivals() -> None:
    """T3 Test: wait 21.875."""
    only_s1 = departures().filter(pl.col("stop_id") == "S1")
    state = on(compute_wait_random_min(only_s1, MORNING, ZONE), FIRST).row(0, named=True)
    assert state["num"] / state["den"] == 21.875


def test_a_cell_pools_the_gaps_of_its_stops() -> None:
    state = on(compute_headway_mean_min(departures(), MORNING, ZONE), FIRST).row(0, named=True)
    assert (state["sum_w"], state["sum_wx"]) == (10, 320.0)


def test_departures_of_different_routes_are_not_merged() -> None:
    two = pl.concat([departures("R"), departures("Q")])
    state = on(compute_headway_mean_min(two, MORNING, ZONE), FIRST).row(0, named=True)
    assert state["sum_wx"] / state["sum_w"] == 32.0


def test_one_departure_has_no_gap_and_is_missing() -> None:
    state = on(compute_headway_mean_min(departures(), NIGHT, ZONE), date(2026, 12, 2))
    assert state["n_missing"].to_list() == [2]  # one departure at each of the two stops
    assert (state["n"].to_list(), state["sum_w"].to_list()) == ([0], [0.0])


def test_an_interpolated_time_makes_the_state_estimated() -> None:
    states = on(compute_departures_per_hour(departures(), MORNING, ZONE), FIRST)
    assert states["is_estimated"].to_list() == [True]


def test_states_carry_the_local_midnight() -> None:
    states = on(compute_departures_per_hour(departures(), MORNING, ZONE), FIRST)
    assert states["starts_at"].to_list() == [datetime(2026, 12, 1, tzinfo=ZoneInfo(ZONE))]
