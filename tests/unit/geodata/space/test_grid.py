"""The grid: indexing, ancestors by bits, and exact covers, with H3 itself as the judge."""

import duckdb
import h3
import h3.api.basic_int as h3_int
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import GeographyError
from geodata.space import grid

CENTRE_R8 = 613359701817556991
latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def _h3_cells(polygon, res, contain):
    shape = h3.geo_to_h3shape(shapely.geometry.mapping(polygon))
    return sorted(int(c, 16) for c in h3.h3shape_to_cells_experimental(shape, res, contain=contain))


def _sample_of_all_resolutions(res, size=4000):
    """Random cells of the whole globe, plus every pentagon and its descendants' corners."""
    rng = np.random.default_rng(20141101)
    lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, size))), rng.uniform(-180, 180, size)
    pentagons = [h3_int.cell_to_center_child(c, res) for c in h3_int.get_pentagons(0)]
    around = [cell for pentagon in pentagons for cell in h3_int.grid_disk(pentagon, 2)]
    return np.concatenate([grid.latlng_to_cells(lat, lon, res), np.array(around)])


def test_centre_of_changchun_has_the_published_cells_and_area():
    r8, r9 = (int(grid.latlng_to_cells([43.88], [125.32], res)[0]) for res in (8, 9))
    assert grid.cell_to_text(r8) == "88317662a5fffff"
    assert r8 == CENTRE_R8
    assert grid.cell_area_km2(np.array([r8]))[0] == pytest.approx(0.537493, abs=5e-7)
    assert grid.cell_to_text(r9) == "89317662a47ffff"
    assert int(grid.cell_to_parents(np.array([r9]), 8)[0]) == r8


def test_a_parent_is_not_the_cell_of_the_point():
    r9 = grid.latlng_to_cell(43.8815, 125.387, 9)
    parent = grid.cell_to_parents(np.array([r9]), 8)[0]
    assert grid.cell_to_text(r9) == "89317662937ffff"
    assert grid.cell_to_text(parent) == "8831766293fffff"
    assert grid.cell_to_text(grid.latlng_to_cell(43.8815, 125.387, 8)) == "883176674dfffff"


@settings(deadline=None)
@given(lat=latitudes, lon=longitudes, res=st.integers(0, 15))
def test_points_get_the_cell_that_h3_gives(lat, lon, res):
    assert grid.latlng_to_cell(lat, lon, res) == h3_int.latlng_to_cell(lat, lon, res)


@pytest.mark.parametrize(
    ("lat", "lon"), [(91, 0), (125.32, 43.88), (np.nan, 125), (43, np.inf), (43, 181)]
)
def test_points_off_the_globe_are_refused_by_row(lat, lon):
    with pytest.raises(GeographyError, match="row 1"):
        grid.latlng_to_cells([43.88, lat], [125.32, lon])


def test_no_points_have_no_cells():
    assert grid.latlng_to_cells([], []).tolist() == []
    assert grid.cell_boundaries(np.empty(0, np.int64))[0].shape == (0, 2)
    assert grid.cell_polygons(np.empty(0, np.int64)).tolist() == []
    assert grid.texts_to_cells([]).tolist() == []


def test_in_bounds_includes_the_edge_and_never_nan():
    bounds = (124.0, 43.0, 127.5, 45.5)
    inside = grid.in_bounds(
        [43.0, 45.5, 43.88, np.nan, 125.3], [124.0, 127.5, 127.6, 125, 43.9], bounds
    )
    assert inside.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("res", [5, 10, 15])
def test_ancestors_by_bits_equal_those_of_h3_also_at_pentagons(res):
    cells = _sample_of_all_resolutions(res)
    for parent_res in range(res + 1):
        expected = [h3_int.cell_to_parent(int(cell), parent_res) for cell in cells]
        assert grid.cell_to_parents(cells, parent_res).tolist() == expected
        assert (grid.cell_res(np.array(expected)) == parent_res).all()


def test_numpy_polars_and_sql_give_the_same_ancestors():
    cells = np.append(_sample_of_all_resolutions(10, 500), grid.NO_CELL)
    frame = pl.DataFrame({"cell": cells})
    for res in (0, 7, 10):
        expected = grid.cell_to_parents(cells, res).tolist()
        by_polars = frame.select(parent=grid.parent_expr("cell", res))["parent"].to_list()
        query = f"SELECT {grid.parent_sql('cell', res)} FROM given"
        with duckdb.connect() as connection:
            connection.register("given", frame.to_arrow())
            by_sql = [row[0] for row in connection.execute(query).fetchall()]
        assert by_polars == expected
        assert by_sql == expected
        assert expected[-1] == grid.NO_CELL


@settings(deadline=None)
@given(lat=latitudes, lon=longitudes, own=st.integers(0, 8), finer=st.integers(0, 3))
def test_descendants_are_those_of_h3_and_fill_one_range(lat, lon, own, finer):
    cell = h3_int.latlng_to_cell(lat, lon, own)
    expected = sorted(h3_int.cell_to_children(cell, own + finer))
    assert sorted(grid.cells_to_children(np.array([cell]), own + finer).tolist()) == expected
    lowest, highest = grid.children_range(cell, own + finer)
    assert (lowest, highest) == (expected[0], expected[-1])
    step_before = h3_int.grid_disk(cell, 1)
    outside = [c for other in step_before if other != cell for c in h3_int.cell_to_children(other)]
    low_child, high_child = grid.children_range(cell, own + 1)
    assert not any(low_child <= c <= high_child for c in outside)


@pytest.mark.parametrize("res", [0, 1, 2, 9])
def test_pentagons_have_six_children(res):
    pentagons = np.array(h3_int.get_pentagons(res))
    children = grid.cells_to_children(pentagons, res + 1)
    expected = [c for p in pentagons for c in h3_int.cell_to_children(int(p))]
    assert len(children) == 72
    assert sorted(children.tolist()) == sorted(expected)


def test_a_range_of_coarser_cells_is_refused():
    with pytest.raises(GeographyError, match="coarser"):
        grid.children_range(CENTRE_R8, 7)


@pytest.mark.parametrize("res", [-1, 16])
def test_resolutions_that_do_not_exist_are_refused(res):
    with pytest.raises(GeographyError, match=str(res)):
        grid.latlng_to_cells([43.0], [125.0], res)
    with pytest.raises(GeographyError, match=str(res)):
        grid.parent_masks(res)


def test_centres_boundaries_and_areas_are_those_of_h3_also_at_pentagons():
    cells = np.array([CENTRE_R8, *h3_int.get_pentagons(1)])
    lon, lat = grid.cell_centres(cells)
    corners, position = grid.cell_boundaries(cells)
    for index, cell in enumerate(cells.tolist()):
        assert (lat[index], lon[index]) == pytest.approx(h3_int.cell_to_latlng(cell), abs=1e-9)
        expected = np.array(h3_int.cell_to_boundary(cell))[:, ::-1]
        assert corners[position == index] == pytest.approx(expected, abs=1e-9)
        area = h3_int.cell_area(cell, "km^2")
        assert grid.cell_area_km2(cells)[index] == pytest.approx(area, rel=1e-9)
    assert grid.cell_polygons(cells)[0].exterior.coords[0] == pytest.approx(corners[0])


def test_neighbours_are_five_at_a_pentagon_and_six_elsewhere():
    assert len(grid.neighbours(CENTRE_R8)) == 6
    assert len(grid.neighbours(CENTRE_R8, 2)) == 18
    assert len(grid.neighbours(h3_int.get_pentagons(8)[0])) == 5
    assert CENTRE_R8 not in grid.neighbours(CENTRE_R8)


def test_text_round_trip_and_what_is_not_a_cell():
    texts = ["88317662a5fffff", " 88317662A5FFFFF ", "nonsense", "8831", "", "f" * 17]
    assert grid.texts_to_cells(texts).tolist() == [CENTRE_R8, CENTRE_R8, 0, 0, 0, 0]
    assert grid.cells_to_texts(np.array([CENTRE_R8])) == ["88317662a5fffff"]
    assert grid.text_to_cell("88317662a5fffff") == CENTRE_R8
    with pytest.raises(GeographyError, match="nonsense"):
        grid.text_to_cell("nonsense")


@st.composite
def polygons(draw):
    """A star of up to 12 points about a place away from the poles and the date line."""
    lat, lon = draw(st.floats(-60, 60)), draw(st.floats(-170, 170))
    radii = draw(st.lists(st.floats(0.002, 0.02), min_size=3, max_size=12))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    corners = np.column_stack([lon + np.cos(angles) * radii, lat + np.sin(angles) * radii])
    return shapely.make_valid(shapely.Polygon(corners))


def _all_but_touching(polygon, res):
    """H3's overlapping cells, and the same with those that miss the polygon by up to 2 cm."""
    overlapping = _h3_cells(polygon, res, "overlap")
    around = np.unique([cell for inside in overlapping for cell in h3_int.grid_disk(inside, 1)])
    touching = shapely.distance(grid.cell_polygons(around), polygon) < 2e-7
    return np.array(overlapping), around[touching]


def _lies_between(cells, fewest, most):
    return np.isin(fewest, cells).all() and np.isin(cells, most).all()


@settings(deadline=None, max_examples=60)
@given(polygon=polygons())
def test_overlap_covers_are_those_of_h3_and_lose_nothing_that_touches(polygon):
    for res in (6, 8, 9):
        assert _lies_between(grid.cover(polygon, res), *_all_but_touching(polygon, res))


@settings(deadline=None, max_examples=60)
@given(polygon=polygons())
def test_center_covers_are_those_of_h3(polygon):
    for res in (8, 9, 10):
        odd = np.setxor1d(grid.cover(polygon, res, "center"), _h3_cells(polygon, res, "center"))
        centres = shapely.points(*grid.cell_centres(odd.astype(np.int64)))
        assert (shapely.distance(centres, polygon.boundary) < 1e-9).all(), "only on the border"


@settings(deadline=None, max_examples=60)
@given(polygon=polygons())
def test_logical_cover_is_the_ancestors_of_the_storage_cells(polygon):
    fewest, most = _all_but_touching(polygon, grid.STORAGE_RES)
    for res in (5, 7, 8, 9, 10):
        bounds = (np.unique(grid.cell_to_parents(cells, res)) for cells in (fewest, most))
        assert _lies_between(grid.cover_logical(polygon, res), *bounds)


def test_logical_cover_beside_a_pentagon():
    lat, lon = h3_int.cell_to_latlng(h3_int.get_pentagons(8)[0])
    polygon = shapely.Point(lon, lat).buffer(0.02)
    leaves = np.array(_h3_cells(polygon, grid.STORAGE_RES, "overlap"))
    for res in (6, 8):
        expected = np.unique(grid.cell_to_parents(leaves, res)).tolist()
        assert grid.cover_logical(polygon, res).tolist() == expected


def test_every_point_inside_has_its_cell_in_the_logical_cover():
    polygon = shapely.box(125.1, 43.7, 125.6, 44.0)
    rng = np.random.default_rng(7)
    lat, lon = rng.uniform(43.7, 44.0, 200_000), rng.uniform(125.1, 125.6, 200_000)
    cells = grid.latlng_to_cells(lat, lon)
    for res in (7, 8, 9):
        logical = grid.cover_logical(polygon, res)
        used = np.unique(grid.cell_to_parents(cells, res))
        assert np.isin(used, logical).all()
        assert len(logical) >= len(grid.cover(polygon, res))


def test_cover_keeps_holes_and_parts_and_takes_an_empty_polygon():
    ring = shapely.box(125.0, 43.0, 125.4, 43.4) - shapely.box(125.1, 43.1, 125.3, 43.3)
    parts = shapely.union(ring, shapely.box(126.0, 43.0, 126.1, 43.1))
    assert grid.cover(parts, 7).tolist() == _h3_cells(parts, 7, "overlap")
    assert grid.cover(shapely.Polygon(), 7).tolist() == []
    assert grid.cover_logical(shapely.Polygon(), 7).tolist() == []


def test_covers_refuse_what_they_cannot_do():
    with pytest.raises(GeographyError, match="20 degrees"):
        grid.cover(shapely.box(0, 0, 30, 10), 3)
    with pytest.raises(GeographyError, match="finer"):
        grid.cover_logical(shapely.box(125, 43, 125.1, 43.1), 11)


def test_outline_is_the_union_of_the_cells():
    cells = np.array([CENTRE_R8, *grid.neighbours(CENTRE_R8)])
    outline = grid.outline(cells)
    assert outline.area == pytest.approx(
        shapely.union_all(grid.cell_polygons(cells)).area, rel=1e-9
    )
    assert outline.is_valid
