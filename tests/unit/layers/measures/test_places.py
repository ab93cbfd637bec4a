"""The measures that need geometry, without a database."""

from datetime import UTC, date, datetime, timedelta

import mercantile
import numpy as np
import polars as pl
import pyproj
import pytest
import shapely

from geodata.space.crs import metric_geometry
from geodata.space.district_areas import DistrictAreas
from geodata.space.districts import read_districts
from geodata.space.grid import cell_polygons, cell_to_parents
from layers.measures.backlog import ages_at, open_at, open_seconds, stale_at
from layers.measures.hotspots import are_served, working_points
from layers.measures.nearest_hospital import straight_line_min, weighted_minutes, within_limit
from layers.measures.speed_tiles import combine, spread

DAY = datetime(2026, 11, 2, tzinfo=UTC)


def at(text):
    hour, minute = text.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute))


@pytest.fixture
def spans():
    times = [("08:00", "08:40"), ("08:10", None), ("08:30", "09:00"), ("08:50", None)]
    rows = [
        {"received_at": at(a), "closed_at": at(b) if b else None, "component": "110"}
        for a, b in times
    ]
    frame = pl.DataFrame(rows, schema_overrides={"closed_at": pl.Datetime("us", "UTC")})
    return frame.with_columns(cell=pl.lit(1), district_id=pl.lit("220102"))


def test_e8_open_at_an_instant(spans):
    assert open_at(spans, at("08:45"), timedelta(days=30))["num"].sum() == 2


def test_e8_mean_over_an_hour(spans):
    seconds = open_seconds(spans, at("08:00"), at("09:00"))["sum_wx"].sum()
    assert seconds / 3600 == pytest.approx(2.1667, abs=5e-5)


def test_e8_what_was_never_closed_is_reported_apart(spans):
    found = open_at(spans, at("08:45") + timedelta(days=31), timedelta(days=30))
    assert (found["num"].sum(), found["n_missing"].sum()) == (0, 2)
    later = at("08:45") + timedelta(days=31)
    assert stale_at(spans, later, timedelta(days=30))["num"].sum() == 2
    assert ages_at(spans, later, timedelta(days=30)).is_empty()
    assert stale_at(spans, at("08:45"), timedelta(days=30)).is_empty()


def test_e8_ages_of_what_is_open(spans):
    """E8: at 08:55 three are open, received at 08:10, 08:30 and 08:50."""
    found = ages_at(spans, at("08:55"), timedelta(days=30))
    assert found["vals"].to_list() == [[5.0, 25.0, 45.0]]
    assert found["n"].to_list() == [3]


def test_b7_a_venue_is_served_from_inside_or_within_50_m():
    hall = shapely.box(0, 0, 100, 100)
    venues = np.array([hall, shapely.box(300, 0, 400, 100), shapely.Point(1000, 0)])
    points = shapely.points([[50.0, 50.0], [450.0, 50.0], [1050.1, 0.0]])
    assert are_served(venues, points, 50).tolist() == [True, True, False]
    assert are_served(venues, points[:0], 50).tolist() == [False, False, False]


def test_b7_an_access_point_silent_for_a_day_does_not_work():
    points = pl.DataFrame(
        {
            "facility_id": ["now", "a day ago", "longer ago", "off", "never said"],
            "is_active": [True, True, True, False, True],
            "last_seen_at": [DAY, DAY - timedelta(hours=24), DAY - timedelta(hours=25), DAY, None],
        }
    )
    working = working_points(points, timedelta(hours=24))["facility_id"].to_list()
    assert working == ["now", "a day ago", "never said"]


def test_h4_by_straight_line():
    assert straight_line_min(np.array([5000.0]), 1.3, 30)[0] == pytest.approx(13.0)


def test_h4_sums_over_residents_and_leaves_out_the_unreachable():
    travel = pl.DataFrame(
        {
            "cell": 1,
            "district_id": "220102",
            "residents": [500.0, 300.0, 200.0, 50.0],
            "minutes": [8.0, 22.0, 40.0, None],
            "is_estimated": [True] * 4,
        }
    )
    mean = weighted_minutes(travel, DAY).row(0, named=True)
    assert mean["sum_wx"] / mean["sum_w"] == 18.6
    assert (mean["n"], mean["n_missing"], mean["is_estimated"]) == (3, 1, True)
    share = within_limit(travel, 30, DAY).row(0, named=True)
    assert share["num"] / share["den"] == 0.8


@pytest.fixture(scope="module")
def areas(city):
    return DistrictAreas.of_city(city)


@pytest.fixture(scope="module")
def two_tiles():
    first = mercantile.tile(125.32, 43.88, 16)
    assert mercantile.quadkey(first) == "1303320300231301"
    tiles = [first, mercantile.Tile(first.x + 1, first.y, 16)]
    return np.array([shapely.box(*mercantile.bounds(tile)) for tile in tiles])


def test_b1_a_tile_is_spread_over_its_cells_by_area(areas, two_tiles):
    """B1: a tile's tests are shared by the area it has in common with each cell."""
    parts = spread(areas, two_tiles)
    shares = parts.group_by("tile").agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1.0, 1.0])
    assert parts["share"].max() < 0.07  # a cell has 1/18 of a tile
    assert 18 < len(parts) / 2 < 40


def test_b1_a_share_is_of_the_ground_not_of_degrees(areas, two_tiles):
    """B1: a cell within a tile has its area on the ellipsoid; degrees are 1 in 40,000 off."""
    globe = pyproj.Geod(ellps="GRS80")
    pieces = spread(areas, two_tiles)  # a cell on the boundary has a piece in each district
    parts = pieces.group_by("tile", "cell", maintain_order=True).agg(pl.col("share").sum())
    shapes = cell_polygons(parts["cell"].to_numpy())
    tile = two_tiles[parts["tile"].to_numpy()]
    whole = np.flatnonzero(shapely.contains_properly(tile, shapes))
    assert len(whole) > 15
    for row in whole:
        (cell_m2, _), (tile_m2, _) = (
            globe.geometry_area_perimeter(shape) for shape in (shapes[row], tile[row])
        )
        assert parts["share"][int(row)] == pytest.approx(abs(cell_m2 / tile_m2), rel=5e-6)


def test_b1_tests_of_a_tile_are_conserved_and_the_mean_is_carried(areas, two_tiles):
    parts = spread(areas, two_tiles)
    keys = pl.Series(["a", "b"])
    parts = parts.with_columns(quadkey=keys.gather(parts["tile"]))
    tiles = pl.DataFrame(
        {
            "quadkey": ["a", "b", "a"],
            "component": ["fixed_tile", "fixed_tile", "mobile_tile"],
            "starts_at": DAY,
            "quarter_on": date(2026, 7, 1),
            "tests": [7, 60, 10],
            "mean": [200.0, 400.0, None],
        }
    )
    states = combine(tiles, parts)
    fixed = states.filter(component="fixed_tile")
    assert fixed["n"].sum() == 67
    assert fixed["sum_w"].sum() == pytest.approx(67)
    assert fixed["sum_wx"].sum() / fixed["sum_w"].sum() == pytest.approx((1400 + 24_000) / 67)
    mobile = states.filter(component="mobile_tile")
    assert (mobile["n"].sum(), mobile["n_missing"].sum(), mobile["sum_w"].sum()) == (0, 10, 0)
    parents = np.unique(cell_to_parents(fixed["cell"].to_numpy(), 8))
    assert len(parents) <= 5


def test_b1_a_tile_on_the_boundary_gives_the_part_outside_to_outside(areas):
    """B1: tests by (district x cell) pieces, to the nearest whole test of each tile."""
    outlines = shapely.segmentize(read_districts(areas.city).geometry.to_numpy(), 0.01)
    districts = shapely.union_all(metric_geometry(areas.city, outlines))
    west, south, east, north = read_districts(areas.city).total_bounds
    keys = [mercantile.tile(west + i * (east - west) / 400, (south + north) / 2, 16)
            for i in range(400)]  # fmt: skip
    boxes = np.array([shapely.box(*mercantile.bounds(tile)) for tile in dict.fromkeys(keys)])
    metric = np.array(metric_geometry(areas.city, boxes))
    own = shapely.area(shapely.intersection(metric, districts)) / shapely.area(metric)
    crossing = boxes[(own > 0.05) & (own < 0.95)]
    expected = own[(own > 0.05) & (own < 0.95)]
    assert len(crossing)
    far = shapely.box(*mercantile.bounds(mercantile.tile(116.4, 39.9, 16)))
    parts = spread(areas, np.append(crossing, far)).with_columns(
        quadkey=pl.col("tile").cast(pl.String)
    )
    inside = parts.filter(pl.col("district_id") != "outside")
    shares = inside.group_by("tile").agg(pl.col("share").sum()).sort("tile")
    assert shares["share"].to_list() == pytest.approx(expected, rel=1e-9)
    assert parts.filter(tile=len(crossing)).select("district_id", "share").rows() == [
        ("outside", 1.0)
    ]
    tiles = pl.DataFrame(
        {"quadkey": parts["quadkey"].unique().sort(), "component": "fixed_tile",
         "starts_at": DAY, "tests": 1000, "mean": 50.0}
    )  # fmt: skip
    states = combine(tiles, parts)
    assert states["n"].sum() == tiles["tests"].sum()
    beyond = states.filter(district_id="outside")
    assert beyond["n"].sum() == pytest.approx(1000 * (1 + (1 - expected).sum()), abs=len(crossing))
