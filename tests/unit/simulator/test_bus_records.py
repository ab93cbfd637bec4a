"""The bus company's records: they follow from the timetable, with plausible days and gaps."""

import zipfile
from pathlib import Path

import polars as pl
import pytest

from simulator.ground.world import World
from simulator.transit.bus_days import day_of_line
from simulator.transit.bus_feed import build_bus_timetable
from tests.unit.simulator.conftest import START_ON

KEY = ["班次编号", "站序"]


@pytest.fixture(scope="module")
def events(incoming: Path) -> pl.DataFrame:
    return pl.read_csv(incoming / "transit" / "stop_events_202611.csv", try_parse_dates=True)


@pytest.fixture(scope="module")
def trips(incoming: Path) -> pl.DataFrame:
    return pl.read_csv(incoming / "transit" / "dispatch_202611.csv", try_parse_dates=True)


@pytest.fixture(scope="module")
def delays(events: pl.DataFrame) -> pl.Series:
    return (events["实际发车"] - events["计划发车"]).dt.total_seconds()


def test_only_the_last_days_of_the_period_are_logged(events: pl.DataFrame) -> None:
    assert events["运营日期"].unique().sort().cast(pl.String).to_list() == [
        "2026-11-17",
        "2026-11-18",
    ]


def test_scheduled_times_and_stops_are_those_of_the_timetable(
    incoming: Path, events: pl.DataFrame
) -> None:
    with zipfile.ZipFile(incoming / "transit" / "gtfs_bus.zip") as archive:
        times = pl.read_csv(archive.read("stop_times.txt"))
    planned = times.filter(pl.col("timepoint") == 1).select(
        pl.col("trip_id").alias(KEY[0]),
        pl.col("stop_sequence").alias(KEY[1]),
        pl.col("stop_id"),
        pl.col("departure_time"),
    )
    joined = events.join(planned, on=KEY)
    assert joined.height == events.height
    assert (joined["stop_id"] == joined["站点编号"]).all()
    assert (joined["计划发车"].dt.strftime("%H:%M:%S") == joined["departure_time"]).all()


def test_some_passages_are_missed_some_trips_cancelled(events: pl.DataFrame) -> None:
    missing = events["实际发车"].is_null()
    cancelled = events["状态"] == "取消"
    assert missing.filter(cancelled).all()
    assert 0 < cancelled.mean() < 0.06
    assert 0.01 < missing.filter(~cancelled).mean() < 0.5


def test_delays_are_those_of_a_city_in_winter(delays: pl.Series) -> None:
    assert 0 < delays.median() < 300
    assert delays.min() >= -170
    within = delays.drop_nulls().is_between(-60, 300).mean()
    assert 0.5 < within < 0.97


def test_delays_grow_along_the_way(world: World) -> None:
    line = build_bus_timetable(world).lines[0]
    spread = day_of_line(world, line, START_ON).delay_s.std(axis=0)
    assert spread[-1] > 1.1 * spread[0]


def test_the_log_and_the_location_system_agree(events: pl.DataFrame, trips: pl.DataFrame) -> None:
    first = events.filter(pl.col("站序") == 1, pl.col("实际发车").is_not_null())
    joined = first.join(trips, on=["班次编号", "运营日期"], suffix="_log")
    assert joined.height == first.height
    assert (joined["实际发车"] == joined["实际发车_log"]).all()


def test_cancelled_trips_ran_no_distance(trips: pl.DataFrame) -> None:
    not_run = trips.filter(pl.col("实际发车").is_null())
    assert not_run.height > 0
    assert not_run["运营里程"].to_list() == [0.0] * not_run.height
    share = trips["运营里程"] / trips["计划里程"]
    assert 0.9 < (share >= 0.95).mean() < 1.0
    assert trips["路单号"].is_unique().sum() == trips.height
