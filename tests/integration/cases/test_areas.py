"""Areas as departments send them: whose people are whose, datums, metres, faulty rings."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.space.crs import metric_geometry
from geodata.space.datums import wgs84_to_bd09, wgs84_to_gcj02
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import facility, finding, population, rejected_row

BASE = {
    "title_zh": "试", "title_en": "try", "owner": "试", "licence": "none", "cadence": "P1M",
    "provenance": "real", "mode": "snapshot",
}  # fmt: skip
PEOPLE = {
    "table": "population",
    "allocate": True,
    "mapping": {"unit_id": "code", "vintage_on": {"const": "2020-11-01"}, "residents": "people"},
}


@pytest.fixture(scope="module")
def load(engine, city):
    """Load a declaration's file; return what became of it."""
    locator = DistrictLocator.of_city(city)

    def run(declaration: SourceDeclaration, folder: Path):
        path = folder / str(declaration.path)
        (found,) = load_source(engine, city, declaration, path, locator=locator).files
        return found

    return run


@pytest.fixture
def load_case(load, trial_data):
    """Load a case's folder by its own declaration."""

    def run(folder: str):
        case = trial_data / "cases" / folder
        return load(read_declaration(case / "source.yaml"), case)

    return run


@pytest.fixture
def load_units(load, tmp_path):
    """Load units (code, people, geometry, further columns) as a GeoJSON file of some key."""

    def run(key: str, units: list[dict[str, object]], **declared):
        features = [
            {"type": "Feature",
             "properties": {name: value for name, value in unit.items() if name != "geom"},
             "geometry": json.loads(shapely.to_geojson(unit["geom"]))}
            for unit in units
        ]  # fmt: skip
        path = tmp_path / f"{key}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        values = BASE | PEOPLE | {"key": key, "path": path.name, "format": "geojson"} | declared
        return load(SourceDeclaration.model_validate(values), tmp_path)

    return run


@pytest.fixture
def people(engine):
    """Read how many people of a source each district has."""

    def read(source: str) -> dict[str, float]:
        c = population.c
        mine = (c.source == source) & c.retired_by.is_(None)
        with engine.connect() as connection:
            rows = connection.execute(
                select(c.district_id, func.sum(c.residents)).where(mine).group_by(c.district_id)
            )
            return dict(rows.all())

    return read


@pytest.fixture
def centre(engine):
    """Read the mean place of a source's people."""

    def read(source: str) -> tuple[float, float]:
        c = population.c
        mine = (c.source == source) & c.retired_by.is_(None)
        at = [func.sum(axis(c.geom) * c.residents) / func.sum(c.residents)
              for axis in (func.ST_X, func.ST_Y)]  # fmt: skip
        with engine.connect() as connection:
            return tuple(connection.execute(select(*at).where(mine)).one())

    return read


@pytest.fixture
def found(engine):
    """Read code, row number, rows and English message of a load's findings."""

    def read(load_id: int) -> list[tuple[object, ...]]:
        c = finding.c
        columns = (c.code, c.row_number, c.rows, c.message_en)
        with engine.connect() as connection:
            rows = connection.execute(select(*columns).where(c.load_id == load_id))
            return sorted(tuple(row) for row in rows)

    return read


def footprint_of(engine, source: str):
    with engine.connect() as connection:
        statement = select(
            func.ST_AsBinary(facility.c.footprint), func.ST_AsBinary(facility.c.geom)
        )
        row = connection.execute(statement.where(facility.c.source == source)).one()
    return shapely.from_wkb(bytes(row[0])), shapely.from_wkb(bytes(row[1]))


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("14-census-polygons-in-gcj02", "c21g"),
        ("14-census-polygons-in-gcj02/same_in_wgs84", "c21w"),
        ("14d-census-polygons-in-metres", "c20a"),
    ],
)
def test_a_census_square_lies_where_it_is_whatever_it_is_given_in(
    load_case, people, centre, folder, key
):
    assert load_case(folder).status == "loaded"
    assert people(key) == {"220102": 1000.0}
    assert centre(key) == pytest.approx((125.33, 43.875), abs=1e-5)


def test_the_same_square_has_the_same_cells_in_either_datum(load_case, engine):
    load_case("14-census-polygons-in-gcj02")
    load_case("14-census-polygons-in-gcj02/same_in_wgs84")
    c = population.c
    with engine.connect() as connection:
        cells = [
            dict(connection.execute(select(c.cell, c.residents).where(c.source == key)).all())
            for key in ("c21g", "c21w")
        ]
    shared = cells[0].keys() & cells[1].keys()
    assert sum(cells[0][cell] for cell in shared) > 999.9  # the shift is given to a micro-degree
    for cell in shared:
        assert cells[0][cell] == pytest.approx(cells[1][cell], abs=0.05)


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("14b-footprint-in-gcj02-or-metres", "c22g"),
        ("14b-footprint-in-gcj02-or-metres/metres_epsg4551", "c22m"),
    ],
)
def test_a_footprint_lies_around_its_own_point(load_case, engine, folder, key):
    assert load_case(folder).status == "loaded"
    footprint, point = footprint_of(engine, key)
    assert footprint.covers(point)
    assert footprint.centroid.coords[0] == pytest.approx((125.33, 43.875), abs=1e-5)
    assert footprint.bounds == pytest.approx((125.32, 43.87, 125.34, 43.88), abs=2e-6)


def test_a_footprint_with_elevations_is_loaded_flat(load_case, engine):
    assert load_case("12-polygon-z").status == "loaded"
    footprint, _ = footprint_of(engine, "c30")
    assert not footprint.has_z
    assert footprint.bounds == pytest.approx((125.33, 43.86, 125.34, 43.87))


def test_one_invalid_polygon_costs_its_row_at_most(load_case, people, engine):
    result = load_case("11-one-invalid-polygon")
    assert (result.status, result.rows_loaded, result.rows_rejected) == ("loaded", 1, 1)
    assert sum(people("c11b").values()) == 200.0
    with engine.connect() as connection:
        c = rejected_row.c
        row = connection.execute(select(c.row_number, c.reason).where(c.load_id == result.load_id))
        number, reason = row.one()
    assert number == 1
    assert reason.startswith("is not valid (self-intersection)")


# --- the same kinds with values of our own ---------------------------------------------------


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_a_shifted_unit_of_any_format_lands_where_it_is(
    load, tmp_path, people, centre, datum, shift
):
    square = shapely.box(125.30, 43.86, 125.31, 43.87)
    given = shapely.transform(square, lambda points: np.column_stack(shift(*points.T)))
    frame = gpd.GeoDataFrame({"code": ["a"], "people": [77]}, geometry=[given], crs=4326)
    frame.to_file(tmp_path / "u.gpkg", layer="u")
    values = BASE | PEOPLE | {"key": f"own_{datum}", "path": "u.gpkg", "format": "gpkg"}
    assert load(SourceDeclaration.model_validate(values | {"datum": datum}), tmp_path).records > 1
    assert sum(people(f"own_{datum}").values()) == 77.0
    assert centre(f"own_{datum}") == pytest.approx((125.305, 43.865), abs=1e-6)


def test_a_unit_that_nests_gives_all_its_people_to_its_district(load_units, people, city):
    """2.5: no one of a district's own unit lives with the neighbours, or outside."""
    smallest = read_districts(city).nsmallest(2, "area_km2")
    for district_id, outline in zip(smallest["district_id"], smallest.geometry, strict=True):
        load_units("nested", [{"code": "x", "people": 1000, "geom": outline}])
        assert people("nested") == {district_id: 1000.0}


def test_a_boundary_digitised_some_metres_off_does_not_leak(load_units, people, city):
    districts = read_districts(city).set_index("district_id").geometry
    moved = shapely.transform(districts["220103"], lambda points: np.add(points, [4e-5, 3e-5]))
    load_units("moved", [{"code": "x", "people": 1000, "geom": moved}])
    assert people("moved") == {"220103": 1000.0}


def test_a_unit_on_a_boundary_is_split_by_area_in_metres(load_units, people, city):
    districts = read_districts(city).set_index("district_id").geometry
    metric = metric_geometry(city, districts.segmentize(0.002))  # edges are straight in degrees
    corner = shapely.Point(shapely.get_coordinates(districts["220102"])[0])
    unit = corner.buffer(0.02)
    (unit_m,) = metric_geometry(city, [unit])
    shares = {
        key: outline.intersection(unit_m).area / unit_m.area for key, outline in metric.items()
    }
    load_units("split", [{"code": "x", "people": 5000, "geom": unit}])
    expected = {key: 5000 * share for key, share in shares.items() if share > 0}
    assert len(expected) > 1
    assert people("split") == pytest.approx(expected, rel=1e-4)


def test_the_district_that_the_file_names_has_all_people_of_the_unit(load_units, people, city):
    outline = read_districts(city).set_index("district_id").geometry["220102"]
    units = [
        {"code": "a", "people": 300, "geom": outline.buffer(0.02), "adcode": "220102"},
        {"code": "b", "people": 50, "geom": shapely.box(125.2, 43.8, 125.21, 43.81), "adcode": ""},
    ]
    named = PEOPLE["mapping"] | {"district_id": {"source": "adcode", "null_values": [""]}}
    load_units("named", units, mapping=named)
    found = people("named")
    assert found.pop("220102") == 300.0
    assert sum(found.values()) == 50.0


def test_people_beyond_the_boundary_are_outside(load_units, people, city):
    _, south, _, north = read_districts(city).total_bounds
    beyond = shapely.box(124.02, 43.02, 124.05, 43.05)
    load_units("beyond", [{"code": "x", "people": 40, "geom": beyond}])
    assert people("beyond") == {"outside": 40.0}
    assert south > 43.05 or north < 43.02


@pytest.mark.parametrize(
    ("name", "wkt", "reason"),
    [
        ("bow_tie", "POLYGON((125.3 43.86,125.32 43.88,125.32 43.86,125.3 43.88,125.3 43.86))",
         "self-intersection"),
        ("flat", "POLYGON((125.3 43.86,125.31 43.86,125.32 43.86,125.3 43.86))", "not an area"),
        ("nan", "POLYGON((125.3 43.86,NaN 43.86,125.32 43.88,125.3 43.86))", "not numbers"),
        ("line", "LINESTRING(125.3 43.86,125.32 43.88)", "is not an area"),
        ("empty", "POLYGON EMPTY", "is not an area"),
        ("text", "POLYGON((125.3 43.86,", "is not a geometry"),
        ("swapped", "POLYGON((43.86 125.3,43.88 125.3,43.88 125.32,43.86 125.3))", "swapped"),
        ("metres", "POLYGON((446948 4859589,446957 4860700,445349 4860713,446948 4859589))",
         "out of range"),
        ("world", "POLYGON((-179 -80,170 -80,170 70,-179 70,-179 -80))",
         "outside the city's bounds"),
    ],
)  # fmt: skip
def test_a_faulty_geometry_costs_its_row_and_says_why(
    load, tmp_path, people, engine, name, wkt, reason
):
    sound = shapely.box(125.33, 43.86, 125.35, 43.88).wkt
    (tmp_path / "u.csv").write_text(f'code,people,geom\nU1,1000,"{wkt}"\nU2,200,"{sound}"\n')
    values = BASE | PEOPLE | {"key": f"fault_{name}", "path": "u.csv", "format": "csv"}
    values["mapping"] = PEOPLE["mapping"] | {"wkt": "geom"}
    result = load(SourceDeclaration.model_validate(values), tmp_path)
    assert (result.status, result.rows_loaded, result.rows_rejected) == ("loaded", 1, 1)
    assert sum(people(f"fault_{name}").values()) == 200.0
    with engine.connect() as connection:
        c = rejected_row.c
        row = connection.execute(select(c.row_number, c.reason).where(c.load_id == result.load_id))
        number, said = row.one()
    assert number == 2
    assert reason in said


@pytest.mark.parametrize(
    ("name", "wkt", "said"),
    [
        ("loop", "POLYGON((125.30 43.86,125.33 43.86,125.33 43.88,125.3001 43.88,125.3 43.8799,"
         "125.3001 43.8799,125.3 43.88,125.30 43.86))", "self-intersection"),
        ("open", "POLYGON((125.30 43.86,125.33 43.86,125.33 43.88,125.30 43.88))",
         "ring not closed"),
        ("mixed", "GEOMETRYCOLLECTION(POLYGON((125.30 43.86,125.33 43.86,125.33 43.88,125.30 43.86"
         ")),LINESTRING(125.3 43.86,125.2 43.8))", "left out"),
    ],
)  # fmt: skip
def test_what_can_be_mended_is_and_a_finding_says_so(
    load, tmp_path, people, found, name, wkt, said
):
    (tmp_path / "u.csv").write_text(f'code,people,geom\nU1,1000,"{wkt}"\n')
    values = BASE | PEOPLE | {"key": f"mend_{name}", "path": "u.csv", "format": "csv"}
    values["mapping"] = PEOPLE["mapping"] | {"wkt": "geom"}
    result = load(SourceDeclaration.model_validate(values), tmp_path)
    assert (result.status, result.rows_loaded) == ("loaded", 1)
    assert sum(people(f"mend_{name}").values()) == 1000.0
    mended = [each for each in found(result.load_id) if each[0] == "geometry_mended"]
    assert [(each[1], each[2]) for each in mended] == [(2, 1)]
    assert said in str(mended[0][3])
