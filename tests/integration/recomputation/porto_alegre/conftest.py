"""Porto Alegre once for all its tests: loaded by the engine, and the raw files as plain frames."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.ops import unary_union
from sqlalchemy import Engine

from etl.source.declaration import SourceDeclaration, read_declaration
from etl.source.mapping import Expansion
from geodata.city.configuration import City
from geodata.database.engine import connect

DECLARATIONS = Path(__file__).resolve().parents[3] / "data" / "declarations"
METRIC = 31982
FEEDS = {"gtfs_poa_eptc": "poa_eptc.zip", "gtfs_poa_trensurb": "poa_trensurb.zip"}
DAYS = ["2019-06-20", "2019-06-21"]
TIMETABLE = [
    "residents", "stop_coverage_pop_300", "stop_coverage_pop_500", "stop_coverage_area_500",
    "departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min",
    "service_span_h", "service_hours", "scheduled_speed_kmh",
]  # fmt: skip
WITHOUT_ROADS = ["nearest_hospital_min", "within_30min_share", "beds_per_1000", "doctors_per_1000"]
HOURS_S = 3600


@pytest.fixture(scope="session")
def shared_engine(create_database: Callable[..., Any], template_database: str) -> Iterator[Engine]:
    made = connect(create_database(template_database))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def engine(shared_engine: Engine) -> Engine:
    return shared_engine


def hospitals() -> SourceDeclaration:
    """The points of interest as hospitals: real places, other use."""
    declared = read_declaration(DECLARATIONS / "poa_places.yaml").model_dump()
    mapping = declared["mapping"] | {
        "kind": {"const": "hospital"},
        "beds": {"const": "120"},
        "doctors": {"const": "45"},
        "attributes.grade": {
            "source": "id",
            "codes": {"public_market": "一级", "gasometer_museum": "一级"},
            "unlisted": "blank",
        },
    }
    return SourceDeclaration.model_validate(declared | {"key": "poa_hospitals", "mapping": mapping})


def stations() -> SourceDeclaration:
    """The grid's health care as stations: real places, other use."""
    declared = read_declaration(DECLARATIONS / "poa_places.yaml").model_dump()
    codes = {"0": "place"} | {str(number): "fire_station" for number in range(1, 6)}
    mapping = declared["mapping"] | {"kind": {"source": "healthcare", "codes": codes}}
    changed = {"key": "poa_stations", "path": "city_portoalegre/poa_hexgrid.csv"}
    return SourceDeclaration.model_validate(declared | changed | {"mapping": mapping})


@pytest.fixture(scope="session")
def city(shared_engine: Engine, fill: Callable[..., City]) -> City:
    expand = Expansion.model_validate({"from": DAYS[0], "days": len(DAYS)})
    sources = {"poa_population": {}, **{key: {"expand": expand} for key in FEEDS}}
    indicators = [*TIMETABLE, *WITHOUT_ROADS]
    return fill(shared_engine, "portoalegre", sources, indicators, [hospitals(), stations()])


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def feeds(trial_data: Path) -> dict[str, dict[str, pd.DataFrame]]:
    folder = trial_data / "city_portoalegre"
    return {key: read_feed(folder / name) for key, name in FEEDS.items()}


@pytest.fixture(scope="session")
def stops(feeds, outline: shapely.Geometry) -> pd.DataFrame:
    """The stops of both feeds with place in metres; those beyond the boundary are of no city.

    The feeds serve the whole region: they have no cell, district and city to be counted in.
    """
    found = pd.concat([tables["stops"].assign(source=key) for key, tables in feeds.items()])
    lon, lat = found["stop_lon"].astype(float), found["stop_lat"].astype(float)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326, index=found.index)
    fine = [h3.latlng_to_cell(y, x, 10) for y, x in zip(lat, lon, strict=True)]
    inside = shapely.covers(outline, points.values)
    assert 0 < inside.sum() < len(inside)
    metric = points.to_crs(METRIC)
    return found.assign(
        lon=lon,
        lat=lat,
        cell=np.where(inside, [h3.cell_to_parent(cell, 8) for cell in fine], None),
        district=np.where(inside, "poa", None),
        city=np.where(inside, "portoalegre", None),
        x=metric.x,
        y=metric.y,
    )[["source", "stop_id", "lon", "lat", "cell", "district", "city", "x", "y"]]


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def departures(calls: pd.DataFrame, running: pd.DataFrame) -> pd.DataFrame:
    """The boardable departures of June 2019 by calendar day and hour of the day."""
    boardable = calls[~calls["is_last"] & (calls["pickup_type"] != "1")]
    near = running[running["service_on"].between("2019-06-17", "2019-06-22")]
    runs = boardable.merge(near, on=["source", "service_id"])
    at = runs["service_on"] + pd.to_timedelta(runs["departure_time"], unit="s")
    second = (at - at.dt.normalize()).dt.total_seconds()
    return runs.assign(at=at, day=at.dt.strftime("%Y-%m-%d"), hour=second / HOURS_S)


@pytest.fixture(scope="session")
def served(stops: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """The stops at which some trip can be boarded; neither feed has entrances."""
    boarded = calls[~calls["is_last"] & (calls["pickup_type"] != "1")]
    return stops.merge(boarded[["source", "stop_id"]].drop_duplicates())
