"""METHODS 2.4: areas and lines to hexagons; 2.5: people by weights."""

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geodata.space.areal import cut_by_cells, largest_remainder
from geodata.space.crs import metric_geometry
from geodata.space.grid import cover

SQUARE = shapely.box(125.30, 43.86, 125.34, 43.89)


def test_2_4_a_line_keeps_its_length_over_its_cells(city):
    """METHODS 2.4: 125.30 to 125.34 at 43.88 is 3214.82 m over its cells, geodesic 3214.71 m."""
    line = shapely.LineString([(125.30, 43.88), (125.34, 43.88)])
    source, cells, parts = cut_by_cells(city, np.array([line, shapely.reverse(line)]), 9)
    length_m = shapely.length(parts)
    assert [length_m[source == each].sum() for each in (0, 1)] == pytest.approx(
        [3214.82] * 2, abs=5e-3
    )
    assert Geod(ellps="WGS84").geometry_length(line) == pytest.approx(3214.71, abs=5e-3)
    there = cells[(source == 0) & (length_m > 0)]
    assert len(set(there)) == len(there) > 8


def test_2_4_the_hexagons_cover_the_source(city):
    _, cells, parts = cut_by_cells(city, np.array([SQUARE]), 8)
    assert set(cells) <= set(cover(SQUARE, 8))
    assert shapely.area(parts).sum() == pytest.approx(metric_geometry(city, [SQUARE]).area[0])


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(1000, [1, 1, 1], [334, 333, 333]), (7, [2, 2, 1], [3, 3, 1]), (0, [1, 2], [0, 0])],
)
def test_2_5_whole_people_by_largest_remainder(total, weights, shares):
    """METHODS 2.5: 1000 over 1:1:1 and 7 over 2:2:1, the total kept."""
    assert largest_remainder(total, np.array(weights, dtype=float)).tolist() == shares
