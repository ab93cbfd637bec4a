"""A seeded city: a month of emergencies, facilities, residents and speed tests in PostGIS."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import mercantile
import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, insert

from geodata import tables
from geodata.space.districts import DistrictLocator, load_districts, read_districts
from geodata.space.grid import latlng_to_cells
from layers.build.run import build_states
from tests.integration.layers.seeded_roads import seed_roads

FIRST = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 2026-10-01 in Changchun
DAYS = 40
Add = Callable[..., int]


@pytest.fixture(scope="module")
def points(city):
    return make_points(city)


def make_points(city):
    """3,000 points over and around the city: longitude, latitude, cell, district."""
    rng = np.random.default_rng(7)
    lon = rng.normal(125.32, 0.4, 3000)
    lat = rng.normal(43.88, 0.3, 3000)
    cell = latlng_to_cells(lat, lon)
    return lon, lat, cell, DistrictLocator(read_districts(city)).locate(lon, lat)


@pytest.fixture(scope="module")
def add(engine: Engine, city) -> Add:
    return make_add(engine, city)


def make_add(engine: Engine, city) -> Add:
    """Return a function that writes one load with its records; it returns the load id."""
    with engine.begin() as connection:
        load_districts(connection, city)

    def _add(
        table: str, rows: list[dict[str, Any]], *, source: str, event_to=None, **load: Any
    ) -> int:
        at = datetime(2026, 11, 10, tzinfo=UTC)
        values = {
            "source": source,
            "table_name": table,
            "file": f"{source}.csv",
            "sha256": source,
            "status": "loaded",
            "provenance": "simulated",
            "owner": "test",
            "licence": "CC0-1.0",
            "started_at": at,
            "finished_at": at,
            "rows_in": len(rows),
            "rows_loaded": len(rows),
            "rows_rejected": 0,
            "records": len(rows),
            "event_to": event_to,
            **load,
        }
        record = tables.metadata.tables[table]
        with engine.begin() as connection:
            number = connection.execute(
                insert(tables.load).values(values).returning(tables.load.c.load_id)
            ).scalar_one()
            stamped = [{"source": source, "load_id": number, **row} for row in rows]
            if stamped:
                connection.execute(insert(record), stamped)
        return int(number)

    return _add


def place(points, index: int) -> dict[str, Any]:
    lon, lat, cell, district = points
    return {
        "cell": int(cell[index]),
        "district_id": str(district[index]),
        "geom": f"SRID=4326;POINT({lon[index]} {lat[index]})",
    }


def _square(points, index: int) -> str:
    around = shapely.box(
        *(np.array([-1, -1, 1, 1]) * 0.0005 + np.tile([points[0][index], points[1][index]], 2))
    )
    return f"SRID=4326;MULTIPOLYGON({around.wkt.removeprefix('POLYGON ')})"


@pytest.fixture(scope="module")
def emergencies(points) -> list[dict[str, Any]]:
    return make_emergencies(points)


def make_emergencies(points) -> list[dict[str, Any]]:
    """A month and some days of calls at the points."""
    rng = np.random.default_rng(11)
    rows = []
    for index in range(3000):
        at = FIRST + timedelta(seconds=int(rng.integers(0, DAYS * 86400)))
        seconds = int(rng.lognormal(6, 0.5))
        rows.append(
            {
                "record_id": str(index),
                "event_id": str(index),
                "channel": ("110", "119", "120")[index % 3],
                "received_at": at,
                "notified_at": at + timedelta(seconds=60),
                "unit_notified_at": at + timedelta(seconds=60),
                "enroute_at": at + timedelta(seconds=90 + index % 60),
                "arrived_at": None if index % 50 == 0 else at + timedelta(seconds=seconds),
                "is_duplicate": index % 97 == 0,
                **(
                    place(points, index) if index % 60 else {"cell": None, "district_id": "unknown"}
                ),
            }
        )
    return rows


@pytest.fixture(scope="module")
def seeded(engine: Engine, city, add: Add, points, emergencies):
    """The engine of a database with records and every state built from them."""
    end = FIRST + timedelta(days=DAYS)
    number = add("incident", emergencies, source="incidents", event_to=end)
    with engine.begin() as connection:
        connection.execute(
            insert(tables.source_coverage).values(
                source="incidents",
                load_id=number,
                table_name="incident",
                starts_at=FIRST,
                ends_at=end,
            )
        )
    for table, rows in _others(points).items():
        add(table, rows, source=table, event_to=end)
    seed_roads(add)
    build_states(engine, city)
    return engine


def _others(points) -> dict[str, list[dict[str, Any]]]:
    """Return records of every other table: facilities, residents, speed tests, results."""
    rng = np.random.default_rng(5)
    kinds = ("hospital", "wifi_ap", "hotspot_venue", "base_station", "school")
    month = {"starts_at": FIRST, "ends_at": FIRST + timedelta(days=31)}
    return {
        "facility": [
            {
                "facility_id": str(i),
                "kind": kinds[i % 5],
                "node_id": str(i // 12),
                "site_id": str(i // 24),
                "technology": "5g",
                "beds": float(i % 700) if kinds[i % 5] == "hospital" else None,
                "doctors": float(i % 90) if kinds[i % 5] == "hospital" else None,
                "last_seen_at": FIRST if kinds[i % 5] == "wifi_ap" else None,
                "students": 200 + i if kinds[i % 5] == "school" else None,
                "down_mbps": float(i) if kinds[i % 5] == "school" else None,
                "footprint": _square(points, i) if kinds[i % 5] == "hotspot_venue" else None,
                **place(points, i),
            }
            for i in range(500)
        ],
        "population": [
            {
                "unit_id": str(i),
                "vintage_on": date(2020, 11, 1),
                "residents": float(rng.integers(1, 3000)),
                **place(points, i),
            }
            for i in range(2000)
        ],
        "network_sample": [
            {
                "sample_id": str(i),
                "kind": "speed_test",
                "technology": ("fixed", "mobile")[i % 2],
                "sampled_at": FIRST + timedelta(hours=int(rng.integers(0, DAYS * 24))),
                "down_kbps": float(rng.integers(1_000, 900_000)),
                "up_kbps": float(rng.integers(1_000, 90_000)),
                "latency_ms": None if i % 9 == 0 else float(rng.integers(3, 90)),
                "rsrp_dbm": None,
                **place(points, i),
            }
            for i in range(1500)
        ]
        + [
            {
                "sample_id": f"r{i}",
                "kind": "radio",
                "technology": ("4g", "5g")[i % 2],
                "sampled_at": FIRST + timedelta(hours=int(rng.integers(0, DAYS * 24))),
                **dict.fromkeys(("down_kbps", "up_kbps", "latency_ms")),
                "rsrp_dbm": float(rng.integers(-125, -70)),
                **place(points, i % 40),
            }
            for i in range(12_000)
        ],
        "premise": [
            {
                "premise_id": str(i // 2),
                "operator": ("one", "two")[i % 2],
                "service_level": 1 + i % 3,
                **place(points, i // 2),
            }
            for i in range(600)
        ],
        "radio_prediction": [
            {
                "operator": ("中国移动", "中国联通")[i % 2],
                "pixel_id": str(i),
                "rsrp_4g_dbm": float(-90 - i % 40),
                "rsrp_5g_dbm": float(-85 - i % 40),
                "sinr_5g_db": float(i % 12 - 6),
                **place(points, i),
            }
            for i in range(1500)
        ],
        "ed_visit": [
            {
                "hospital_id": "h",
                "visit_id": str(i),
                "room_in_at": FIRST + timedelta(hours=i),
                "room_out_at": FIRST + timedelta(hours=i, minutes=10 + i % 300),
                "outcome": "died" if i % 20 == 0 else "admitted",
                "district_id": str(points[3][i]),
            }
            for i in range(400)
        ],
        "statistic": [
            {
                "variable": variable,
                "entity_id": str(i),
                "item": "ct",
                "value": float(value),
                "district_id": str(points[3][i]),
                **month,
            }
            for i in range(30)
            for variable, value in (
                ("results_existing", 100 + i),
                ("results_recognised", 60),
                ("ehr_records", 500 + i),
                ("ehr_active", 300),
                ("ed_present", 30 + i),
                ("ed_spaces", 40),
                ("bed_days_occupied", 900 + i),
                ("bed_days_open", 1000),
            )
        ],
        "speed_tile": [
            {
                "quadkey": mercantile.quadkey(tile),
                "technology": "fixed",
                "quarter_on": date(2026, 7, 1),
                "avg_d_kbps": 1000.0 * i,
                "avg_u_kbps": 500.0,
                "avg_lat_ms": 12.0,
                "tests": i,
                "geom": f"SRID=4326;{shapely.box(*mercantile.bounds(tile)).wkt}",
            }
            for i, tile in enumerate(mercantile.tiles(125.30, 43.86, 125.34, 43.90, 16), start=1)
        ],
    }
