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
