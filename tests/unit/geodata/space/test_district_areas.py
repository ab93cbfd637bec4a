"""METHODS 2.4 and 2.5: areas cut at the boundaries of districts."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.space.areal import divide
from geodata.space.district_areas import DistrictAreas

WEST, EAST = shapely.box(125.30, 43.80, 125.35, 43.90), shapely.box(125.35, 43.80, 125.40, 43.90)


def areas_of(city, **districts):
    frame = gpd.GeoDataFrame(
        {"district_id": list(districts)}, geometry=list(districts.values()), crs=4326
    )
    return DistrictAreas(city, frame)


@pytest.fixture(scope="module")
def areas(city):
    return areas_of(city, west=WEST, east=EAST)


def cut(areas, *shapes, units=False):
    """Return the share of each shape by district."""
    metric = areas.to_metres(np.array(shapes, dtype=object))
    pieces = (areas.cut_units if units else areas.cut)(metric)
    found = [{} for _ in shapes]
    for source, district_id, piece in zip(*pieces, strict=True):
        found[source][str(district_id)] = piece.area / metric[source].area
    return found


def test_an_area_within_a_district_is_not_cut(areas):
    inside, whole = cut(areas, shapely.box(125.31, 43.81, 125.32, 43.82), EAST)
    assert (inside, whole) == ({"west": 1.0}, {"east": 1.0})


def test_an_area_on_the_boundaries_is_split_and_the_rest_is_outside(areas):
    both, beyond = cut(
        areas,
        shapely.box(125.34, 43.81, 125.38, 43.82),
        shapely.box(125.39, 43.81, 125.42, 43.82),
    )
    assert both == pytest.approx({"west": 0.25, "east": 0.75}, abs=1e-5)
    assert beyond == pytest.approx({"east": 1 / 3, "outside": 2 / 3}, abs=1e-5)


def test_what_two_districts_cover_belongs_to_the_lowest_id(city):
    overlapping = areas_of(city, b=WEST, a=shapely.box(125.34, 43.80, 125.40, 43.90))
    (found,) = cut(overlapping, shapely.box(125.33, 43.81, 125.35, 43.82))
    assert found == pytest.approx({"a": 0.5, "b": 0.5}, abs=1e-5)


@settings(max_examples=30)
@given(st.floats(125.25, 125.42), st.floats(43.75, 43.92), st.floats(0.0005, 0.08), st.booleans())
def test_nothing_is_lost_or_counted_twice(city, lon, lat, reach, units):
    areas = areas_of(city, west=WEST, east=EAST)
    (found,) = cut(areas, shapely.Point(lon, lat).buffer(reach), units=units)
    assert sum(found.values()) == pytest.approx(1.0, rel=1e-9)


def test_a_unit_nests_in_spite_of_how_its_boundary_was_digitised(areas):
    """2.5: some metres over the boundary are no piece of a unit; a real part is."""
    over = shapely.box(125.345, 43.81, 125.35006, 43.815)  # 5 m of 400 m lie beyond
    wide = shapely.box(125.30, 43.80, 125.3502, 43.90)  # 16 m, but 0.4 % of it
    real = shapely.box(125.34, 43.81, 125.351, 43.82)
    exact = cut(areas, over)
    assert set(exact[0]) == {"west", "east"}
    nested = cut(areas, over, wide, real, units=True)
    assert nested[:2] == [{"west": pytest.approx(1.0)}] * 2
    assert nested[2] == pytest.approx({"west": 10 / 11, "east": 1 / 11}, abs=1e-4)


def test_within_the_citys_tolerance_the_nearest_district_has_what_lies_outside(city):
    wider = city.model_copy(update={"boundary_tolerance_m": 500.0})
    near, far = shapely.box(125.39, 43.81, 125.403, 43.82), shapely.box(125.39, 43.81, 125.5, 43.82)
    assert cut(areas_of(wider, west=WEST, east=EAST), near) == [{"east": pytest.approx(1.0)}]
    assert "outside" in cut(areas_of(wider, west=WEST, east=EAST), far)[0]


def test_only_shapes_beside_the_districts_are_near(areas):
    shapes = np.array([WEST, shapely.box(125.39, 43.7, 125.5, 43.81), shapely.Point(116, 39)])
    assert areas.are_near(shapes).tolist() == [True, True, False]


@given(
    st.one_of(st.integers(0, 10**9), st.floats(0, 1e9)),
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60),
)
def test_2_5_shares_add_up_in_any_order(total, weights):
    """2.5: the total is conserved; of whole people to the last bit, in whatever order."""
    parts = divide(total, np.array(weights))
    assert (parts >= 0).all()
    assert parts == pytest.approx(total * np.array(weights) / sum(weights), abs=2e-6, rel=1e-9)
    if float(total).is_integer():
        assert sum(parts) == sum(reversed(parts)) == total


def test_2_4_shares_follow_overlaps():
    """2.4: polygon value 100 over 0.2, 0.5 and 0.1 of 0.8 km2."""
    assert divide(100, np.array([0.2, 0.5, 0.1])) == pytest.approx([25, 62.5, 12.5], abs=1e-6)
