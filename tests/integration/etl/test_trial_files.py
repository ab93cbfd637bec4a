"""Every real trial file: rows in = loaded + rejected, the rejected explained, twice is once.

The expected numbers were counted without this program, and each file's rows are counted here once
more by another library than the one that loads it.
"""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest
from sqlalchemy import func, select

from etl.pipeline.plan import find_files
from etl.pipeline.run import load_source
from etl.source.declaration import read_declaration
from geodata.city.configuration import load_city
from geodata.tables import facility, load, metadata, population, rejected_row, speed_tile, statistic

pytestmark = pytest.mark.realdata

DECLARATIONS = Path(__file__).resolve().parents[2] / "data" / "declarations"

# source: (rows, rejected, records)
OF_CITY = {"sf_outside_fire": "sanfrancisco"}
EXPECTED = {
    "changchun_census": (16, 5, 33),
    "changchun_metro_gcj02": (208, 0, 208),
    "changchun_osm_places": (3113, 0, 3113),
    "helsinki_population": (92, 0, None),
    "hifld_hospitals": (6899, 0, 6899),
    "kaohsiung_119": (12, 0, 12),
    "koeln_aed_csv": (145, 1, 144),
    "koeln_aed_geojson": (121, 0, 121),
    "koeln_antennas": (15559, 0, 1301),
    "koeln_districts": (9, 0, 9),
    "koeln_population": (29135, 0, 29135),
    "ookla_bozeman": (5429, 0, 5429),
    "ookla_oahu": (14037, 0, 14037),
    "poa_opportunities": (1227, 0, 3671),
    "poa_places": (15, 0, 15),
    "poa_population": (1227, 0, 1227),
    "sf_outside_fire": (4340, 0, 901),
    "spo_opportunities": (323, 0, 969),
    "spo_population": (323, 0, 323),
    "taipei_wifi": (4813, 9, 4804),
}


def count_rows(path: Path) -> int:
    """Count a file's rows by other means than the program's."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return sum(1 for row in csv.reader(stream) if row) - 1
    if path.suffix == ".xml":
        return len(ElementTree.parse(path).getroot())
    if path.suffix == ".gpkg":
        return int(pyogrio.read_info(path)["features"])
    content = json.loads(path.read_text(encoding="utf-8"))
    return len(content["features"] if isinstance(content, dict) else content)


def snapshot(engine):
    """Return how many rows every table of records and loads holds."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("key", sorted(EXPECTED))
def test_rows_in_are_loaded_or_rejected_with_a_reason(engine, city, trial_data, key):
    declaration = read_declaration(DECLARATIONS / f"{key}.yaml")
    if key in OF_CITY:  # whose channels the file speaks of
        city = load_city(str(DECLARATIONS.parent / "cities" / OF_CITY[key]))
    rows, rejected, records = EXPECTED[key]
    files = find_files(declaration, trial_data, root=trial_data)
    assert sum(count_rows(path) for path in files) == rows

    result = load_source(engine, city, declaration, root=trial_data)
    assert [file.message for file in result.refused] == []
    assert (result.rows_in, result.rows_rejected) == (rows, rejected)
    assert result.rows_loaded == rows - rejected
    assert records is None or result.records == records
    with engine.connect() as connection:
        kept = connection.execute(
            select(rejected_row).where(rejected_row.c.load_id.in_(result.load_ids))
        ).all()
    assert len(kept) == rejected
    assert all(row.file and row.row_number and row.field and row.reason and row.raw for row in kept)

    before = snapshot(engine)
    again = load_source(engine, city, declaration, root=trial_data)
    assert {file.status for file in again.files} == {"already loaded"}
    assert snapshot(engine) == before


# The smallest feeds, for the way through the pipeline; every feed is tried in tests of etl.gtfs.
@pytest.mark.parametrize("key", ["gtfs_ctran", "gtfs_okayama", "gtfs_raba"])
def test_every_row_of_a_feed_is_loaded_or_rejected(engine, city, trial_data, key):
    declaration = read_declaration(DECLARATIONS / f"{key}.yaml")
    result = load_source(engine, city, declaration, root=trial_data)
    assert [file.message for file in result.refused] == []
    assert result.rows_in == result.rows_loaded + result.rows_rejected > 0
    with engine.connect() as connection:
        kept = connection.execute(
            select(rejected_row).where(rejected_row.c.load_id.in_(result.load_ids))
        ).all()
    assert len(kept) == result.rows_rejected
    assert all(row.file and row.row_number and row.reason for row in kept)
    before = snapshot(engine)
    again = load_source(engine, city, declaration, root=trial_data)
    assert {file.status for file in again.files} == {"already loaded"}
    assert snapshot(engine) == before


def current(table, key):
    return (table.c.source == key) & table.c.retired_by.is_(None)


def read_one(engine, statement):
    with engine.connect() as connection:
        return connection.execute(statement).one()


def loaded(engine, city, trial_data, key):
    declaration = read_declaration(DECLARATIONS / f"{key}.yaml")
    load_source(engine, city, declaration, root=trial_data)


def test_swapped_axes_are_told(engine, city, trial_data):
    loaded(engine, city, trial_data, "taipei_wifi")
    statement = (
        select(rejected_row.c.field, rejected_row.c.reason, rejected_row.c.raw["AP_ID"].astext)
        .join(load, load.c.load_id == rejected_row.c.load_id)
        .where(load.c.source == "taipei_wifi")
    )
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    assert {row[2] for row in rows} == {
        *(f"SS2200{number}" for number in ("04", "05", "07", "08", "10", "11", "14")),
        "ZS040003",
        "ZS040004",
    }
    assert {row[:2] for row in rows} == {
        ("LNG/LAT", "latitude out of range: longitude and latitude look swapped")
    }


def test_unknown_beds_stay_unknown_and_closed_hospitals_inactive(engine, city, trial_data):
    loaded(engine, city, trial_data, "hifld_hospitals")
    columns = facility.c
    statement = select(
        func.count(columns.beds),
        func.min(columns.beds),
        func.count().filter(~columns.is_active),
    ).where(current(facility, "hifld_hospitals"))
    assert read_one(engine, statement) == (6899 - 290, 2.0, 296)


def test_places_without_coordinates_are_kept_as_unknown(engine, city, trial_data):
    loaded(engine, city, trial_data, "koeln_aed_csv")
    columns = facility.c
    statement = select(
        func.count(columns.cell),
        func.count(columns.geom),
        func.count().filter(columns.district_id == "unknown"),
    ).where(current(facility, "koeln_aed_csv"))
    # 24 of 145 rows have none; one of these repeats an id that the row before has with a place. The
    # others lie in Cologne: outside.
    assert read_one(engine, statement) == (120, 120, 24)


def test_sectors_are_counted_per_mast(engine, city, trial_data):
    loaded(engine, city, trial_data, "koeln_antennas")
    sectors = func.sum(facility.c.attributes["sectors"].as_integer())
    statement = select(sectors, func.count()).where(current(facility, "koeln_antennas"))
    assert read_one(engine, statement) == (15559, 1301)


def test_shifted_stations_land_where_the_publisher_computed_them(engine, city, trial_data):
    loaded(engine, city, trial_data, "changchun_metro_gcj02")
    columns = facility.c
    offsets = [
        func.max(func.abs(function(columns.geom) - columns.attributes[name].as_float()))
        for function, name in ((func.ST_X, "wgs_lon"), (func.ST_Y, "wgs_lat"))
    ]
    east, north = read_one(
        engine, select(*offsets).where(current(facility, "changchun_metro_gcj02"))
    )
    assert 0 < max(east, north) < 2e-6  # the file has six decimals


def test_tiles_keep_leading_zeros_and_quarters(engine, city, trial_data):
    loaded(engine, city, trial_data, "ookla_oahu")
    columns = speed_tile.c
    statement = select(
        func.count(),
        func.count(columns.quarter_on.distinct()),
        func.min(func.left(columns.quadkey, 1)),
        func.sum(columns.tests),
    ).where(current(speed_tile, "ookla_oahu") & (columns.technology == "fixed"))
    tests = sum(
        feature["properties"]["tests"]
        for path in (trial_data / "broadband" / "ookla").glob("fixed_oahu_*.geojson")
        for feature in json.loads(path.read_text())["features"]
    )
    assert read_one(engine, statement) == (9225, 6, "0", tests)


@pytest.mark.parametrize(
    ("key", "residents"), [("poa_population", 812_935), ("spo_population", 517_570)]
)
def test_hexagons_keep_their_people_and_their_parent(engine, city, trial_data, key, residents):
    loaded(engine, city, trial_data, key)
    columns = population.c
    parent = columns.cell.op("&")(~(15 << 52)).op("|")((9 << 52) | ((1 << 18) - 1))
    statement = select(
        func.sum(columns.residents), func.count().filter(func.to_hex(parent) == columns.unit_id)
    ).where(current(population, key))
    rows = EXPECTED[key][0]
    assert read_one(engine, statement) == (residents, rows)


def test_polygon_totals_are_conserved(engine, city, trial_data):
    loaded(engine, city, trial_data, "helsinki_population")
    columns = population.c
    where = current(population, "helsinki_population")
    total, units, cells = read_one(
        engine,
        select(
            func.sum(columns.residents),
            func.count(columns.unit_id.distinct()),
            func.count(columns.cell.distinct()),
        ).where(where),
    )
    assert total == pytest.approx(71_724, rel=1e-12)
    assert units == 92
    assert cells > 92
    with engine.connect() as connection:
        by_unit = dict(
            connection.execute(
                select(columns.unit_id, func.sum(columns.residents))
                .where(where)
                .group_by(columns.unit_id)
            ).all()
        )
    frame = pyogrio.read_dataframe(trial_data / "health" / "helsinki_population_grid_2020.gpkg")
    for unit, people in zip(frame["id"], frame["population"], strict=True):
        assert by_unit[str(unit)] == pytest.approx(people, rel=1e-12)


def test_rows_of_development_zones_and_of_the_whole_city_are_rejected(engine, city, trial_data):
    loaded(engine, city, trial_data, "changchun_census")
    columns = statistic.c
    where = current(statistic, "changchun_census") & (columns.variable == "residents_census")
    statement = select(
        func.count().filter(columns.district_id == "unknown"),
        func.count().filter(columns.district_id == columns.entity_id),
        func.sum(columns.value),
    ).where(where)
    # The city's own row and four zones name no district; the 11 districts without the zones remain.
    assert read_one(engine, statement) == (0, 11, 9_066_906 - 1_616_712)
