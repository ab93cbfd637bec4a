"""T1's companion: built-up area within reach of a stop."""

import numpy as np
import polars as pl
import pytest
import shapely

from geodata.city.configuration import City, load_city
from geodata.space.areal import tiles
from geodata.space.crs import to_metric
from geodata.space.grid import (
    cell_area_km2,
    cell_centres,
    cell_polygons,
    cells_to_children,
    latlng_to_cells,
)
from geodata.space.lines import metric_lines
from layers.measures.transit_area import BuiltUp, buffer_points, built_up_area, cut_by_cells


@pytest.fixture(scope="module")
def city() -> City:
    return load_city("changchun")


def test_t1_a_circle_has_the_area_of_64_segments_a_quarter() -> None:
    """T1 area: 0.785319 of 0.785398 km2."""
    assert (
        round(float(shapely.area(buffer_points(np.array([[0.0, 0.0]]), 500))) / 1e6, 6) == 0.785319
    )


def test_t1_overlapping_circles_count_once() -> None:
    """T1 area: dissolved before clipping."""
    twice = buffer_points(np.array([[0.0, 0.0], [0.0, 0.0], [5000.0, 0.0]]), 500)
    assert float(twice.area) / 1e6 == pytest.approx(2 * 0.785319, rel=1e-6)


ANY_SIZE = BuiltUp(9, 1500, 0, 1)


def people(cells: np.ndarray, residents: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"cell": cells, "residents": residents})


def test_t1_built_up_is_where_people_live_densely(city: City) -> None:
    """T1 area: cells of resolution 9 by residents per km2."""
    cells = latlng_to_cells(np.array([43.88, 43.88]), np.array([125.32, 125.40]), 10)
    built = built_up_area(city, people(cells, [1000.0, 10.0]), ANY_SIZE)
    home = latlng_to_cells(np.array([43.88]), np.array([125.32]), 9)
    assert built.area / 1e6 == pytest.approx(float(cell_area_km2(home)[0]), rel=0.003)


def test_t1_every_resolution_is_measured_on_its_own_hexagons(city: City) -> None:
    """T1 area (N): each resolution adds up to the whole, half of which is near a stop."""
    parent = latlng_to_cells(np.array([43.88]), np.array([125.32]), 7)
    cells = cells_to_children(parent, 10)
    built = built_up_area(city, people(cells, [50.0] * len(cells)), ANY_SIZE)
    lon, lat = cell_centres(parent)
    served = buffer_points(np.column_stack(to_metric(city, lon, lat)), 500)
    for res in (7, 8, 9):
        parts = cut_by_cells(city, built, served, [res])
        assert parts["den"].sum() == pytest.approx(built.area, rel=1e-5)
        assert parts["num"].sum() == pytest.approx(served.area, rel=1e-5)


def test_t1_a_hexagon_that_only_touches_the_area_is_no_part_of_it(city: City) -> None:
    """T1 area: rounding gave neighbours of a built-up hexagon a hundred-millionth of a m2 of it."""
    rng = np.random.default_rng(1)
    lat, lon = 43.8 + 0.15 * rng.random(40), 125.2 + 0.2 * rng.random(40)
    for cell in np.unique(latlng_to_cells(lat, lon, 9)):
        (built,) = metric_lines(city, cell_polygons(np.array([cell])))
        assert set(cut_by_cells(city, built, built, [9])["cell"]) == {cell}


def test_t1_tiles_make_up_the_geometry() -> None:
    """T1 area: cutting into tiles loses nothing."""
    served = buffer_points(np.column_stack([np.arange(20) * 700.0, np.arange(20) * 300.0]), 500)
    pieces = tiles(served)
    assert len(pieces) > 4
    assert sum(piece.area for piece in pieces) == pytest.approx(served.area, rel=1e-12)


def test_t1_a_village_is_not_built_up(city: City) -> None:
    """T1 area: a dense patch smaller than the least size does not count."""
    cell = latlng_to_cells(np.array([43.88]), np.array([125.32]), 10)
    village = built_up_area(city, people(cell, [1000.0]), BuiltUp(9, 1500, 5, 1))
    assert village.is_empty
