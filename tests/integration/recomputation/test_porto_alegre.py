"""Residents and T1-T4 of Porto Alegre, computed again by pandas and geopandas from the files."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.ops import unary_union

from etl.gtfs.window import Expansion
from geodata.city import City

pytestmark = pytest.mark.realdata

METRIC = 31982
FEEDS = {"gtfs_poa_eptc": "poa_eptc.zip", "gtfs_poa_trensurb": "poa_trensurb.zip"}
DAYS = ["2019-06-20", "2019-06-21"]  # Corpus Christi, a Thursday by exceptions; and a Friday
WINDOWS = {"morning": (7, 10), "evening": (16, 19), "day": (6, 22)}
SERVICE = ["departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min"]
SPAN = ["service_span_h", "service_hours", "scheduled_speed_kmh"]
COVERAGE = {"stop_coverage_pop_300": 300, "stop_coverage_pop_500": 500}
INDICATORS = ["residents", *COVERAGE, "stop_coverage_area_500", *SERVICE, *SPAN]
HOURS_S = 3600


@pytest.fixture(scope="module")
def city(fill: Callable[..., City]) -> City:
    expand = Expansion.model_validate({"from": DAYS[0], "days": len(DAYS)})
    sources = {"poa_population": {}, **{key: {"expand": expand} for key in FEEDS}}
    return fill("portoalegre", sources, INDICATORS)


@pytest.fixture(scope="module")
def people(trial_data: Path) -> gpd.GeoDataFrame:
    """One point a hexagon, in metres."""
    grid = pd.read_csv(trial_data / "city_portoalegre" / "poa_hexgrid.csv")
    lat, lon = zip(*(h3.cell_to_latlng(cell) for cell in grid["id"]), strict=True)
    places = {
        "cell": [h3.cell_to_parent(cell, 8) for cell in grid["id"]],
        "district": "poa",
        "city": "portoalegre",
    }
    points = gpd.points_from_xy(lon, lat, crs=4326)
    return gpd.GeoDataFrame(grid.assign(**places), geometry=points).to_crs(METRIC)


@pytest.fixture(scope="module")
def outline(people: gpd.GeoDataFrame) -> shapely.Geometry:
    return unary_union([hexagon(cell) for cell in people["id"]])


def hexagon(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def read_feed(path: Path) -> dict[str, pd.DataFrame]:
    tables = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            table = pd.read_csv(archive.open(name), dtype=str, skipinitialspace=True)
            tables[name.removesuffix(".txt")] = table
    return tables


@pytest.fixture(scope="module")
def feeds(trial_data: Path) -> dict[str, dict[str, pd.DataFrame]]:
    folder = trial_data / "city_portoalegre"
    return {key: read_feed(folder / name) for key, name in FEEDS.items()}


@pytest.fixture(scope="module")
def stops(feeds, outline: shapely.Geometry) -> pd.DataFrame:
    """The stops of both feeds with cell, district and place in metres."""
    found = pd.concat([tables["stops"].assign(source=key) for key, tables in feeds.items()])
    lon, lat = found["stop_lon"].astype(float), found["stop_lat"].astype(float)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326, index=found.index)
    fine = [h3.latlng_to_cell(y, x, 10) for y, x in zip(lat, lon, strict=True)]
    inside = shapely.covers(outline, points.values)
    metric = points.to_crs(METRIC)
    return found.assign(
        lon=lon,
        lat=lat,
        cell=[h3.cell_to_parent(cell, 8) for cell in fine],
        district=np.where(inside, "poa", "unknown"),
        city="portoalegre",
        x=metric.x,
        y=metric.y,
    )[["source", "stop_id", "lon", "lat", "cell", "district", "city", "x", "y"]]


@pytest.fixture(scope="module")
def calls(feeds, stops: pd.DataFrame) -> pd.DataFrame:
    """Every call of every trip in order, its blank times filled in along the way."""
    parts = []
    for key, tables in feeds.items():
        times = tables["stop_times"].reindex(
            columns=[
                "trip_id",
                "arrival_time",
                "departure_time",
                "stop_id",
                "stop_sequence",
                "pickup_type",
            ]
        )
        wanted = ["trip_id", "route_id", "service_id", "direction_id"]
        trips = tables["trips"].reindex(columns=wanted)
        parts.append(times.merge(trips, on="trip_id").assign(source=key))
    joined = pd.concat(parts).merge(stops, on=["source", "stop_id"])
    joined["stop_sequence"] = joined["stop_sequence"].astype(int)
    joined = joined.sort_values(["source", "trip_id", "stop_sequence"]).reset_index(drop=True)
    for name in ("arrival_time", "departure_time"):
        clock = joined[name].str.strip().str.split(":", expand=True).astype(float)
        joined[name] = clock[0] * 3600 + clock[1] * 60 + clock[2]
    joined["direction_id"] = joined["direction_id"].fillna("0")
    trip = joined.groupby(["source", "trip_id"], sort=False)
    joined["is_last"] = trip.cumcount(ascending=False) == 0
    joined["along"] = along(joined, trip.cumcount() == 0)
    return filled(joined)


def along(calls: pd.DataFrame, is_first: pd.Series) -> pd.Series:
    """Metres along the great circles from stop to stop since the trip began."""
    lat, lon = np.radians(calls["lat"]), np.radians(calls["lon"])
    a = (
        np.sin(lat.diff() / 2) ** 2
        + np.cos(lat) * np.cos(lat.shift()) * np.sin(lon.diff() / 2) ** 2
    )
    step = (2 * 6_371_008.8 * np.arcsin(np.sqrt(a))).where(~is_first, 0.0)
    return step.groupby([calls["source"], calls["trip_id"]]).cumsum()


def filled(calls: pd.DataFrame) -> pd.DataFrame:
    """Fill blank times trip by trip with numpy's interpolation, to the nearest second."""
    done = []
    for _, trip in calls.groupby(["source", "trip_id"], sort=False):
        known = trip["departure_time"].notna().to_numpy()
        if not known.all():
            at = np.interp(trip["along"], trip["along"][known], trip["departure_time"][known])
            second = pd.Series(np.floor(at + 0.5), index=trip.index)
            trip = trip.assign(
                departure_time=trip["departure_time"].fillna(second),
                arrival_time=trip["arrival_time"].fillna(second),
            )
        done.append(trip)
    return pd.concat(done)


@pytest.fixture(scope="module")
def running(feeds) -> pd.DataFrame:
    """Which services run on which dates of June 2019: weekdays, plus and minus exceptions."""
    rows = []
    for key, tables in feeds.items():
        exceptions = tables.get(
            "calendar_dates", pd.DataFrame(columns=["service_id", "date", "exception_type"])
        )
        kinds = {
            (s, d): k for s, d, k in exceptions[["service_id", "date", "exception_type"]].to_numpy()
        }
        for day in pd.date_range("2019-06-01", "2019-06-30"):
            text = f"{day:%Y%m%d}"
            regular = {
                row["service_id"]
                for _, row in tables["calendar"].iterrows()
                if row["start_date"] <= text <= row["end_date"]
                and row[day.day_name().lower()] == "1"
            }
            added = {s for (s, d), kind in kinds.items() if d == text and kind == "1"}
            removed = {s for (s, d), kind in kinds.items() if d == text and kind == "2"}
            rows += [(key, service, day) for service in (regular | added) - removed]
    return pd.DataFrame(rows, columns=["source", "service_id", "service_on"])


@pytest.fixture(scope="module")
def departures(calls: pd.DataFrame, running: pd.DataFrame) -> pd.DataFrame:
    """The boardable departures of June 2019 by calendar day and hour of the day."""
    boardable = calls[~calls["is_last"] & (calls["pickup_type"] != "1")]
    near = running[running["service_on"].between("2019-06-17", "2019-06-22")]
    runs = boardable.merge(near, on=["source", "service_id"])
    at = runs["service_on"] + pd.to_timedelta(runs["departure_time"], unit="s")
    second = (at - at.dt.normalize()).dt.total_seconds()
    return runs.assign(at=at, day=at.dt.strftime("%Y-%m-%d"), hour=second / HOURS_S)


def within(departures: pd.DataFrame, day: str, window: str) -> pd.DataFrame:
    first, end = WINDOWS[window]
    hour = departures["hour"]
    return departures[(departures["day"] == day) & (hour >= first) & (hour < end)]


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_residents(city, people, answer, agrees, by: str) -> None:
    own = people.groupby(by)["population"].sum()
    if by == "cell":
        own = own[own.index.isin(people.loc[people["population"] >= 0, "cell"])]
    if by == "district":
        own = own.reindex(["poa", "unknown"], fill_value=0)
        own = own[own.index != "unknown"]
    agrees(answer(city, "residents", "2019", by), own, exact=True)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("key", COVERAGE)
def test_t1_residents_near_a_stop(city, people, stops, calls, answer, agrees, key, by) -> None:
    """T1: people within the radius of a stop that some trip can be boarded at, by straight line."""
    boarded = calls[~calls["is_last"] & (calls["pickup_type"] != "1")]
    served = stops.merge(boarded[["source", "stop_id"]].drop_duplicates())
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(served["x"], served["y"]), crs=METRIC)
    near = people.sjoin_nearest(points, distance_col="metres").drop_duplicates("id")
    inhabited = near[near["population"] > 0]
    counted = inhabited["population"].where(inhabited["metres"] <= COVERAGE[key], 0)
    own = 100 * counted.groupby(inhabited[by]).sum() / inhabited.groupby(by)["population"].sum()
    agrees(answer(city, key, DAYS[1], by), own, exact=False)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("day", DAYS)
def test_t2_trips_and_departures(city, departures, answer, agrees, day, window, by) -> None:
    """T2: distinct trips that can be boarded, over the hours; and departures, each at its stop."""
    chosen = within(departures, day, window)
    runs = chosen.drop_duplicates(["source", "trip_id", "service_on", by]).groupby(by).size()
    first, end = WINDOWS[window]
    found = answer(city, "departures_per_hour", day, by, window)
    agrees(found, runs / (end - first), exact=True)
    agrees(answer(city, "stop_departures", day, by, window), chosen.groupby(by).size(), exact=True)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("day", DAYS)
def test_t3_gaps(city, departures, answer, agrees, day, window, by) -> None:
    """T3: gaps at a stop, route and direction inside the window, pooled; and the random wait."""
    line = ["source", "stop_id", "route_id", "direction_id"]
    chosen = within(departures, day, window).sort_values([*line, "at"])
    gap = chosen.groupby(line)["at"].diff().dt.total_seconds() / 60
    place = chosen[by]
    agrees(
        answer(city, "headway_mean_min", day, by, window), gap.groupby(place).mean(), exact=False
    )
    wait = (gap**2).groupby(place).sum() / (2 * gap.groupby(place).sum())
    agrees(answer(city, "wait_random_min", day, by, window), wait, exact=False)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("day", ["2019-06-16", *DAYS])
def test_t4_span_and_hours(city, calls, running, answer, agrees, day, by) -> None:
    """T4: last less first boardable departure of the service day; clock hours with any."""
    boardable = calls[~calls["is_last"] & (calls["pickup_type"] != "1")]
    today = running[running["service_on"] == day]
    chosen = boardable.merge(today, on=["source", "service_id"])
    second = chosen["departure_time"]
    span = (second.groupby(chosen[by]).max() - second.groupby(chosen[by]).min()) / HOURS_S
    hours = (second // HOURS_S).groupby(chosen[by]).nunique()
    agrees(answer(city, "service_span_h", day, by), span, exact=False)
    agrees(answer(city, "service_hours", day, by), hours, exact=True)
