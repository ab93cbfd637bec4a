import geopandas as gpd
import h3
import numpy as np
import polars as pl
import pytest
import shapely

from etl.batch import ROW, WKB, Batch, X, Y
from etl.transform.dasymetric import spread_by_weights
from etl.transform.population import allocate_polygons, place_hexagons, storage_cells
from geodata.space import grid
from geodata.space.district_areas import DistrictAreas
from geodata.space.districts import DistrictLocator, read_districts

HEXAGONS = {
    "unit_id": "id",
    "cell": "id",
    "residents": "people",
    "vintage_on": {"const": "2020-11-01"},
}


@pytest.fixture(scope="module")
def areas(city):
    return DistrictAreas.of_city(city)


@pytest.mark.parametrize("res", [6, 8, 9, 10])
def test_a_hexagon_is_kept_at_its_centre_child(res):
    hexagon = h3.latlng_to_cell(43.88, 125.32, res)
    assert h3.int_to_str(int(storage_cells([hexagon])[0])) == h3.cell_to_center_child(hexagon, 10)


def test_a_finer_cell_is_kept_at_its_parent_and_nonsense_nowhere():
    fine = h3.latlng_to_cell(43.88, 125.32, 12)
    assert h3.int_to_str(int(storage_cells([fine])[0])) == h3.cell_to_parent(fine, 10)
    assert storage_cells(["890", ""]).tolist() == [grid.NO_CELL] * 2


def allocate(areas, *units):
    frame = pl.DataFrame(
        {
            ROW: list(range(1, len(units) + 1)),
            "residents": [float(people) for _, people in units],
            WKB: [None if shape is None else shape.wkb for shape, _ in units],
        },
        schema_overrides={WKB: pl.Binary},
    )
    return allocate_polygons(Batch(frame), areas)


def test_each_unit_keeps_its_total(areas):
    units = [
        (shapely.box(125.30, 43.86, 125.33, 43.88), 1000),
        (shapely.box(125.3001, 43.8601, 125.3002, 43.8602), 7),
        (shapely.Point(125.3, 43.9).buffer(0.3), 250_000),
    ]
    batch = allocate(areas, *units)
    totals = dict(batch.frame.group_by(ROW).agg(pl.col("residents").sum()).iter_rows())
    assert totals == pytest.approx({1: 1000, 2: 7, 3: 250_000}, rel=1e-12)
    assert set(grid.cell_res(batch.frame["cell"].to_numpy())) == {grid.STORAGE_RES}
    assert batch.frame["residents"].min() > 0


def test_shares_are_in_proportion_to_areas_on_the_ground(areas):
    batch = allocate(areas, (shapely.box(125.30, 43.86, 125.36, 43.90), 1.0))
    inner = batch.frame.filter(pl.col("residents") > batch.frame["residents"].max() * 0.999)
    areas = grid.cell_area_km2(inner["cell"].to_numpy())
    density = inner["residents"].to_numpy() / areas
    assert density.std() / density.mean() < 0.002


@pytest.mark.parametrize("wrong", [shapely.Point(125.31, 43.87), None, shapely.Polygon()])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_unit_without_an_area_may_stand_anywhere(areas, wrong, at):
    sound = [(shapely.box(125.31, 43.87, 125.312, 43.872), 31.0)] * 2
    units = [*sound[:at], (wrong, 7.0), *sound[at:]]
    batch = allocate(areas, *units)
    assert batch.rejects.rows() == [(at + 1, "geometry", "is not an area")]
    assert batch.frame["residents"].sum() == 62


def test_a_unit_without_an_area_is_rejected(areas):
    batch = allocate(areas, (shapely.Point(1, 2), 5), (None, 5), (shapely.box(0, 0, 0.01, 0.01), 5))
    assert batch.rejects.rows() == [
        (1, "geometry", "is not an area"),
        (2, "geometry", "is not an area"),
    ]
    assert batch.frame["residents"].sum() == pytest.approx(5)


def hexagons_on_the_boundary(areas, district_id="220103"):
    """Return hexagons of resolution 8 on a district's boundary, and their share in it."""
    frame = read_districts(areas.city).set_index("district_id").geometry
    cells = grid.cover(frame[district_id].boundary.buffer(1e-6), 8)[:40]
    shapes = gpd.GeoSeries(grid.cell_polygons(cells), crs=4326).to_crs(4551)
    outline = frame.segmentize(0.002).to_crs(4551)[district_id]  # edges are straight in degrees
    inside = shapes.intersection(outline).area / shapes.area
    crossing = np.flatnonzero((inside > 0.02) & (inside < 0.98))[:5]
    return cells[crossing], inside.to_numpy()[crossing]


def test_a_hexagon_on_a_boundary_is_split_by_area(areas, declare):
    cells, share = hexagons_on_the_boundary(areas)
    assert len(cells)
    rows = len(cells) + 1
    frame = pl.DataFrame(
        {
            ROW: range(1, rows + 1),
            "unit_id": [str(number) for number in range(rows)],
            "cell": [*grid.cells_to_texts(cells), "8a317662a5fffff"],
            "residents": [900.0] * rows,
        }
    )
    placed = place_hexagons(Batch(frame), areas)
    assert placed.rejects["reason"].to_list() == ["is not an H3 cell"]
    by_district = placed.frame.filter(district_id="220103").sort(ROW)
    assert by_district["residents"].to_list() == pytest.approx(900 * share, rel=1e-4)
    totals = placed.frame.group_by(ROW).agg(pl.col("residents").sum())
    assert totals["residents"].to_list() == [900.0] * len(cells)
    parents = grid.cell_to_parents(placed.frame["cell"].to_numpy(), 8)
    assert set(parents) == set(cells)
    assert placed.frame["covered_km2"].sum() == pytest.approx(
        grid.cell_area_km2(cells).sum(), rel=0.01
    )
    lon, lat = placed.frame[X].to_numpy(), placed.frame[Y].to_numpy()
    located = DistrictLocator.of_city(areas.city).locate(lon, lat)
    assert (located == placed.frame["district_id"].to_numpy()).mean() > 0.8


def test_the_district_that_a_hexagons_row_names_has_all_its_people(areas, declare):
    cells, _ = hexagons_on_the_boundary(areas)
    texts = grid.cells_to_texts(cells)[:1] * 2
    named = {ROW: [1, 2], "cell": texts, "residents": [9.0, 9.0], "district_id": ["220182", None]}
    placed = place_hexagons(Batch(pl.DataFrame(named)), areas).frame
    assert placed.filter(pl.col(ROW) == 1).select("district_id", "residents").rows() == [
        ("220182", 9.0)
    ]
    assert placed.filter(pl.col(ROW) == 2).height > 1


def test_weights_of_a_cell_on_a_boundary_are_split_between_its_districts(areas):
    """2.5: whole people stay whole, by largest remainder over (district x cell) pieces."""
    cells, share = hexagons_on_the_boundary(areas)
    units = pl.DataFrame(
        {ROW: [1, 2], "unit_id": ["a", "b"], "residents": [1000.0, 7.0],
         "district_id": [None, "220182"]}
    )  # fmt: skip
    weights = pl.DataFrame(
        {"unit_id": ["a", "b"], "cell": [int(cells[0]), int(cells[0])], "weight": [3.0, 1.0]}
    )
    placed = spread_by_weights(Batch(units), weights, areas).frame
    own = dict(placed.filter(pl.col(ROW) == 1).select("district_id", "residents").iter_rows())
    assert own["220103"] == pytest.approx(1000 * share[0], abs=1)
    assert sum(own.values()) == 1000.0
    assert all(people.is_integer() for people in own.values())
    named = placed.filter(pl.col(ROW) == 2).select("district_id", "residents").rows()
    assert named == [("220182", 7.0)]


def test_a_unit_without_people_is_loaded_and_covers_its_ground(areas):
    batch = allocate(areas, (shapely.box(125.30, 43.86, 125.32, 43.88), 0))
    assert batch.frame["residents"].to_list() == [0.0] * 2  # it lies in two districts
    assert batch.frame["district_id"].n_unique() == 2
    square = gpd.GeoSeries([shapely.box(125.30, 43.86, 125.32, 43.88)], crs=4326).to_crs(4551)
    assert batch.frame["covered_km2"].sum() == pytest.approx(square.area[0] / 1e6, rel=1e-6)


@pytest.mark.parametrize("people", [-1.0, float("nan"), float("inf"), 2e9])
def test_a_number_that_is_no_number_of_people_is_rejected(areas, people):
    batch = allocate(areas, (shapely.box(125.30, 43.86, 125.32, 43.88), people))
    assert batch.rejects.rows() == [(1, "residents", "is not between 0 and 1,000,000,000")]
