import h3
import polars as pl
import pytest
import shapely

from etl.batch import ROW, WKB, Batch
from etl.transform.population import allocate_polygons, storage_cells
from geodata.space import grid
from geodata.space.district_areas import DistrictAreas


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


def test_a_unit_without_an_area_is_rejected(areas):
    batch = allocate(areas, (shapely.Point(1, 2), 5), (None, 5), (shapely.box(0, 0, 0.01, 0.01), 5))
    assert batch.rejects.rows() == [
        (1, "geometry", "is not an area"),
        (2, "geometry", "is not an area"),
    ]
    assert batch.frame["residents"].sum() == pytest.approx(5)
