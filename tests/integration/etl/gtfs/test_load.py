from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"


def count(engine: Engine, query: str, **values: object) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query), values).scalar_one())


@pytest.fixture(scope="module")
def mini(engine, load_path):
    return load_path("m", MINI, expand={"from": "2026-12-01", "days": 31})


def test_every_row_is_counted_once(mini) -> None:
    assert (mini.rows_in, mini.rows_loaded, mini.rejects.height) == (34, 34, 0)


def test_the_tables_hold_the_feed(engine: Engine, mini) -> None:
    tables = {"stop": 3, "route": 1, "trip": 6, "stop_time": 18, "frequency": 1, "feed": 1}
    found = {name: count(engine, f"SELECT count(*) FROM ops.gtfs_{name}") for name in tables}
    assert found == tables
    assert count(engine, "SELECT count(*) FROM ops.gtfs_service_day") == 24
    assert count(engine, "SELECT max_time_s FROM ops.gtfs_feed") == 24 * 3600 + 40 * 60


def test_departures_carry_instant_cell_and_district(engine: Engine, mini) -> None:
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT departs_at, is_estimated, d.cell = s.cell, d.district_id, geom IS NULL"
                " FROM ops.departure d JOIN ops.gtfs_stop s USING (source, stop_id)"
                " WHERE trip_id = 'T1' AND stop_id = 'S2' AND service_on = '2026-12-01'"
            )
        ).one()
    assert row[0] == datetime(2026, 11, 30, 23, 5, tzinfo=UTC)
    assert tuple(row[1:3]) == (True, True)
    assert row[3] != "unknown"
    assert row[4] is False


def test_a_new_feed_of_a_source_replaces_the_old_one(engine: Engine, load_path, tmp_path) -> None:
    window = {"expand": {"from": "2026-12-01", "days": 1}}
    load_path("changing", MINI, **window)
    for file in MINI.glob("*.txt"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    stops = (tmp_path / "stops.txt").read_text().replace("First", "Renamed")
    (tmp_path / "stops.txt").write_text(stops)
    load_path("changing", tmp_path, **window)

    of_source = "FROM ops.gtfs_stop WHERE source = 'changing'"
    assert count(engine, f"SELECT count(*) {of_source}") == 6
    current = f"SELECT count(*) {of_source} AND retired_by IS NULL"
    assert count(engine, current) == 3
    assert count(engine, f"{current} AND stop_name = 'Renamed'") == 1
    departures = "SELECT count(*) FROM ops.departure WHERE source = 'changing'"
    assert count(engine, f"{departures} AND service_on = '2026-12-01'") == 21
    assert count(engine, f"{departures} AND retired_by IS NOT NULL") == 0


def test_equal_ids_of_two_sources_do_not_meet(engine: Engine, mini, load_path) -> None:
    load_path("other", MINI, expand={"from": "2026-12-01", "days": 1})
    runs = "SELECT count(DISTINCT run_id) FROM ops.departure WHERE service_on = '2026-12-01'"
    assert count(engine, f"{runs} AND source IN ('m', 'other')") == 14
