"""METHODS 2.3: a place in the city, beyond its boundary, within a tolerance of it, or nowhere."""

import geopandas as gpd
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from etl.batch import X, Y
from etl.transform.locate import assign_district
from geodata.space.districts import DistrictLocator, Nearest

SIDE_M = 10_000
EDGE_M = 1.0  # a straight edge in metres is not quite one in degrees


def square(crs, x, y, tolerance_m):
    """Return the locator of a square of 10 km with two districts, and the way from its metres."""
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)

    def half(west, east):
        ring = [(west, 0), (east, 0), (east, SIDE_M), (west, SIDE_M)]
        return shapely.Polygon([to_degrees.transform(x + dx, y + dy) for dx, dy in ring])

    shapes = [half(0, SIDE_M / 2), half(SIDE_M / 2, SIDE_M)]
    frame = gpd.GeoDataFrame({"district_id": ["1", "2"]}, geometry=shapes, crs=4326)
    nearest = Nearest(frame, crs, tolerance_m) if tolerance_m else None
    return DistrictLocator(frame, nearest), to_degrees


def located(locator, places, extent):
    lon, lat = zip(*places, strict=True)
    frame = pl.DataFrame({X: lon, Y: lat}, schema={X: pl.Float64, Y: pl.Float64})
    return assign_district(frame, locator, extent)["district_id"].to_list()


@pytest.mark.parametrize(("tolerance_m", "of_city"), [(0, 2), (100, 3)])
def test_stops_of_a_regional_feed(tolerance_m, of_city):
    locator, to_degrees = square(32651, 680_000, 4_860_000, tolerance_m)
    places = [to_degrees.transform(680_000 + km * 1000, 4_865_000) for km in (5, 9.9, 10.05, 40)]
    found = located(locator, places, "wider")
    assert sum(each in ("1", "2") for each in found) == of_city
    assert found[3] == "outside"


@given(
    st.sampled_from([(32651, 680_000, 4_860_000), (31982, 480_000, 6_670_000)]),
    st.lists(st.floats(-40_000, 40_000), min_size=1, max_size=12),
    st.sampled_from([0, 30, 100, 2_000]),
    st.sampled_from(["city", "wider"]),
)
def test_the_city_is_what_lies_in_it_or_as_near_as_its_tolerance(where, easts, tolerance_m, extent):
    crs, x, y = where
    locator, to_degrees = square(crs, x, y, tolerance_m)
    places = [to_degrees.transform(x + east, y + 5_000) for east in easts]
    found = located(locator, [*places, (None, None)], extent)
    for east, district in zip(easts, found, strict=False):
        beyond = max(-east, east - SIDE_M)
        if abs(beyond - tolerance_m) < EDGE_M or abs(east - SIDE_M / 2) < EDGE_M:
            continue
        expected = "outside" if beyond > tolerance_m else "1" if east < SIDE_M / 2 else "2"
        assert district == expected
    assert found[-1] == ("unplaced" if extent == "wider" else "unknown")
