import zipfile
from datetime import date
from pathlib import Path

import gtfs_kit
import numpy as np
import polars as pl
import pytest

from simulator.ground.addresses import build_gazetteer, short_name
from simulator.ground.world import World
from simulator.transit.service_days import calendar_dates
from simulator.transit.stop_names import name_stops
from simulator.transit.timetable import Pattern, departures, expand

FEEDS = ("gtfs_bus.zip", "gtfs_rail.zip")


def _table(incoming: Path, feed: str, name: str) -> pl.DataFrame:
    with zipfile.ZipFile(incoming / "transit" / feed) as archive:
        return pl.read_csv(archive.read(name), infer_schema=False)


@pytest.mark.parametrize("feed", FEEDS)
def test_references_resolve(incoming: Path, feed: str) -> None:
    def column(table: str, name: str) -> set[str]:
        return set(_table(incoming, feed, table)[name].drop_nulls())

    assert column("stop_times.txt", "stop_id") <= column("stops.txt", "stop_id")
    assert column("stop_times.txt", "trip_id") == column("trips.txt", "trip_id")
    assert column("trips.txt", "route_id") == column("routes.txt", "route_id")
    assert column("trips.txt", "shape_id") == column("shapes.txt", "shape_id")
    assert column("trips.txt", "service_id") <= column("calendar.txt", "service_id")
    assert column("routes.txt", "agency_id") <= column("agency.txt", "agency_id")


@pytest.mark.parametrize("feed", FEEDS)
def test_times_and_distances_grow_along_a_trip(incoming: Path, feed: str) -> None:
    times = _table(incoming, feed, "stop_times.txt").with_columns(
        pl.col("stop_sequence", "shape_dist_traveled").cast(pl.Float64)
    )
    steps = times.sort("trip_id", "stop_sequence").with_columns(
        later=(pl.col("arrival_time") > pl.col("departure_time").shift(1)).over("trip_id"),
        farther=(pl.col("shape_dist_traveled").diff() > 0).over("trip_id"),
    )
    assert steps["later"].drop_nulls().all()
    assert steps["farther"].drop_nulls().all()
    assert (steps["departure_time"] >= steps["arrival_time"]).all()


@pytest.mark.parametrize("feed", FEEDS)
def test_gtfs_kit_reads_it(incoming: Path, feed: str) -> None:
    read = gtfs_kit.read_feed(incoming / "transit" / feed, dist_units="km")
    assert read.get_dates()[0] == "20261101"
    assert read.get_dates()[-1] == "20270331"
    assert len(read.trips) > 50


def test_only_open_stations_of_open_lines_are_served(incoming: Path) -> None:
    stops = _table(incoming, "gtfs_rail.zip", "stops.txt")
    platforms = stops.filter(location_type="0")["stop_name"].to_list()
    assert platforms == ["西站", "人民广场", "东站"]
    entrances = stops.filter(location_type="2")
    assert entrances.height == 12
    assert set(entrances["parent_station"]) == set(stops.filter(location_type="1")["stop_id"])


def test_a_night_line_runs_past_midnight(incoming: Path) -> None:
    times = _table(incoming, "gtfs_bus.zip", "stop_times.txt")
    assert times.filter(pl.col("trip_id").str.starts_with("N001"))["departure_time"].max() > "25:30"


def test_both_kerbs_share_a_name_and_lie_apart(incoming: Path, world: World) -> None:
    stops = _table(incoming, "gtfs_bus.zip", "stops.txt").with_columns(
        place=pl.col("stop_id").str.head(5), side=pl.col("stop_id").str.tail(1)
    )
    both = stops.filter(side="A").join(stops.filter(side="B"), on="place")
    assert both.height > 10
    assert (both["stop_name"] == both["stop_name_right"]).all()
    here, there = (
        world.plane.to_metres(
            both[f"stop_lon{end}"].cast(float).to_numpy(),
            both[f"stop_lat{end}"].cast(float).to_numpy(),
        )
        for end in ("", "_right")
    )
    assert np.hypot(*(here - there).T) == pytest.approx(25.5, abs=0.5)
    assert stops.unique("place")["stop_name"].n_unique() == stops["place"].n_unique()


def test_departures_are_twice_as_dense_in_the_peak() -> None:
    runs = departures("06:00", "10:00", 10, [("07:00", "08:00")])
    assert (runs["D"] / 60).tolist() == [360 + 20 * k for k in range(13)]
    assert (runs["WD"] / 60).tolist() == [430, 450, 470]


def test_close_stops_never_have_an_arrival_before_the_last_departure() -> None:
    path = np.array([[0.0, 0.0], [600.0, 0.0], [690.0, 0.0], [1300.0, 0.0]])
    pattern = Pattern("T", 0, "东", ["a", "b", "c", "d"], path, 18, 35, on_road=False)
    _, times = expand([(pattern, {"D": np.array([21_600])})])
    arrive, depart = times["arrival_time"].to_list(), times["departure_time"].to_list()
    assert depart == ["06:00:00", "06:02:00", "06:02:18", "06:04:20"]
    assert arrive == ["06:00:00", "06:01:25", "06:02:09", "06:04:20"]


def test_holidays_and_make_up_days_move_the_weekday_service(world: World) -> None:
    rows = calendar_dates(world.city, world.rules.transit).rows()
    assert rows == [
        ("WD", "20261123", 2), ("WD", "20261124", 2), ("WD", "20261128", 1),
        ("WD", "20270101", 2), ("WD", "20270103", 1),
    ]  # fmt: skip
    assert date(2027, 1, 3).weekday() == 6


@pytest.mark.parametrize(
    ("given", "name"),
    [("人民广场 People's Square", "人民广场"), ("Wanda Plaza", None), ("公园", None), (None, None)],
)
def test_only_chinese_names_that_say_something_are_used(
    given: str | None, name: str | None
) -> None:
    assert short_name(given) == name


def test_crowded_stops_still_get_names_of_their_own(world: World) -> None:
    gazetteer = build_gazetteer(world)
    names = name_stops(np.repeat(gazetteer.xy_m[:1], 60, axis=0), gazetteer)
    assert len(set(names)) == 60
