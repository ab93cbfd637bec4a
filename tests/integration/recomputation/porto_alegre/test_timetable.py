"""Residents and T1-T4 of Porto Alegre, computed again by pandas and geopandas from the files."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

pytestmark = pytest.mark.realdata

METRIC = 31982
DAYS = ["2019-06-20", "2019-06-21"]  # Corpus Christi, a Thursday by exceptions; and a Friday
WINDOWS = {"morning": (7, 10), "evening": (16, 19), "day": (6, 22)}
COVERAGE = {"stop_coverage_pop_300": 300, "stop_coverage_pop_500": 500}
HOURS_S = 3600
WAY = ["source", "stop_id", "next_stop_id"]


def within(departures: pd.DataFrame, day: str, window: str) -> pd.DataFrame:
    first, end = WINDOWS[window]
    hour = departures["hour"]
    return departures[(departures["day"] == day) & (hour >= first) & (hour < end)]


def with_nowhere(own: pd.Series, by: str) -> pd.Series:
    """Add the departures at stops whose place is not known: none, the feeds know all of theirs."""
    return own.reindex(["poa", "unknown"], fill_value=0) if by == "district" else own


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
def test_t1_residents_near_a_stop(city, people, served, answer, agrees, key, by) -> None:
    """T1: people within the radius of a stop that some trip can be boarded at, by straight line."""
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
    agrees(found, with_nowhere(runs / (end - first), by), exact=True)
    own = with_nowhere(chosen.groupby(by).size(), by)
    agrees(answer(city, "stop_departures", day, by, window), own, exact=True)


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
    if day in DAYS:  # the departures of the day before are not expanded: nothing covers "nowhere"
        hours = with_nowhere(hours, by)
    agrees(answer(city, "service_hours", day, by), hours, exact=True)


@pytest.fixture(scope="module")
def legs(calls: pd.DataFrame) -> pd.DataFrame:
    """From each call of a trip to the next: seconds, dwelling included, and the two stops."""
    trip = calls.groupby(["source", "trip_id"], sort=False)
    after = trip[["stop_id", "x", "y", "arrival_time", "departure_time", "is_last"]].shift(-1)
    there = after["arrival_time"].where(after["is_last"].eq(True), after["departure_time"])
    named = after.add_prefix("next_")[["next_stop_id", "next_x", "next_y"]]
    return calls.join(named).assign(seconds=there - calls["departure_time"])[~calls["is_last"]]


@pytest.fixture(scope="module")
def pieces(legs: pd.DataFrame, outline: shapely.Geometry) -> pd.DataFrame:
    """The straight way between two stops cut by hexagons of resolution 10: metres in each."""
    ways = legs.drop_duplicates(WAY)[[*WAY, "x", "y", "next_x", "next_y"]]
    ends = np.stack([ways[["x", "y"]].to_numpy(), ways[["next_x", "next_y"]].to_numpy()], axis=1)
    lines = gpd.GeoDataFrame(
        ways[WAY], geometry=shapely.linestrings(ends.astype(float)), crs=METRIC
    )
    lines = lines[lines.length > 0]
    dense = lines.geometry.segmentize(40).to_crs(4326)
    near = {h3.latlng_to_cell(y, x, 10) for x, y in shapely.get_coordinates(dense.values)}
    cells = sorted({other for cell in near for other in h3.grid_disk(cell, 1)})
    hexagons = [
        shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells
    ]
    grid = gpd.GeoDataFrame({"fine": cells}, geometry=hexagons, crs=4326).to_crs(METRIC)
    cut = gpd.overlay(lines, grid, keep_geom_type=True)
    cut = cut[cut.length > 1e-6]
    middle = cut.geometry.interpolate(0.5, normalized=True).to_crs(4326)
    inside = shapely.covers(outline, middle.values)
    return cut[WAY].assign(
        metres=cut.length,
        cell=np.where(inside, [h3.cell_to_parent(cell, 8) for cell in cut["fine"]], None),
        district=np.where(inside, "poa", None),
        city=np.where(inside, "portoalegre", None),
    )


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("day", DAYS)
def test_t5_scheduled_speed(city, legs, pieces, running, answer, agrees, day, by) -> None:
    """T5: kilometres over hours of every run; no feed measures along its shapes: straight lines."""
    runs = legs.merge(running[running["service_on"] == day], on=["source", "service_id"])
    metres = np.hypot(runs["next_x"] - runs["x"], runs["next_y"] - runs["y"])
    sound = (runs["seconds"] > 0) & (metres > 0) & (metres / 1000 <= 120 * runs["seconds"] / 3600)
    of_way = runs[sound].assign(metres=metres).groupby(WAY)
    driven = of_way.agg(total=("metres", "sum"), seconds=("seconds", "sum")).reset_index()
    parts = pieces.assign(share=pieces["metres"] / pieces.groupby(WAY)["metres"].transform("sum"))
    placed = parts.merge(driven, on=WAY)
    km = (placed["share"] * placed["total"] / 1000).groupby(placed[by]).sum()
    hours = (placed["share"] * placed["seconds"] / HOURS_S).groupby(placed[by]).sum()
    agrees(answer(city, "scheduled_speed_kmh", day, by), km / hours, exact=False)


@pytest.fixture(scope="module")
def built(people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Where 1,500 or more live on a square kilometre: parts from 5 km2, their small gaps closed."""
    density = people["population"] / [h3.cell_area(cell, "km^2") for cell in people["id"]]
    dense = people.loc[density >= 1500, "id"]
    hexagons = gpd.GeoSeries([drawn(cell) for cell in dense], crs=4326).to_crs(METRIC)
    parts = gpd.GeoSeries(hexagons.union_all(), crs=METRIC).explode()
    large = parts[parts.area >= 5e6]
    closed = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area > 1e6],
        )
        for part in large
    ]
    return gpd.GeoDataFrame(geometry=closed, crs=METRIC)


def drawn(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_t1_area_near_a_stop(city, people, built, outline, served, answer, agrees, by) -> None:
    """T1: the built-up area within 500 m of a stop, on the hexagons as they are drawn."""
    circles = gpd.GeoSeries(gpd.points_from_xy(served["x"], served["y"]), crs=METRIC)
    reach = gpd.GeoDataFrame(geometry=[circles.buffer(500, quad_segs=64).union_all()], crs=METRIC)
    border = gpd.GeoSeries([outline], crs=4326).to_crs(METRIC).iloc[0]
    cells = sorted({other for cell in set(people["cell"]) for other in h3.grid_disk(cell, 2)})
    shapes = {
        "city": gpd.GeoDataFrame({"key": ["portoalegre"]}, geometry=[border], crs=METRIC),
        "district": gpd.GeoDataFrame({"key": ["poa"]}, geometry=[border], crs=METRIC),
        "cell": gpd.GeoDataFrame(
            {"key": cells}, geometry=[drawn(cell) for cell in cells], crs=4326
        ).to_crs(METRIC),
    }[by]
    own = gpd.overlay(built.clip(border), shapes, keep_geom_type=True)
    near = gpd.overlay(own, reach, keep_geom_type=True)
    below = own.area.groupby(own["key"]).sum()
    above = near.area.groupby(near["key"]).sum().reindex(below.index, fill_value=0)
    agrees(answer(city, "stop_coverage_area_500", DAYS[1], by), 100 * above / below, exact=False)
