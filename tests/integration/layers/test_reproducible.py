"""A full build gives the same bytes whatever order the records happen to lie in.

Sums of fractions depend on their order, and a database gives rows as they lie. So a city with
timetable, operation, roads and fractions of residents is built, its records are laid down again in
another order, and it is built again: byte by byte the same.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from geodata.tables import metadata, source_coverage
from layers.build.run import build_states
from tests.integration.layers.conftest import place
from tests.integration.layers.seeded_roads import COLUMNS, ROWS, SOUTH, STEP, WEST

SERVICE_ON = date(2026, 10, 5)  # a working day
MIDNIGHT = datetime(2026, 10, 4, 16, tzinfo=UTC)
STOPS, TRIPS, ROUTES = 60, 400, 12
# what a build writes itself, and what nobody counts
NO_RECORDS = ("state", "state_build", "state_change", "state_past", "state_build_past",
              "counted_load", "load", "district", "layer_breaks")  # fmt: skip
# fractions of residents, a score of them at each of some crossings
TOGETHER = f"""
    UPDATE population p SET residents = p.residents / 7, cell = o.cell, district_id = o.district_id,
        geom = ST_SetSRID(ST_MakePoint({WEST} + {STEP} * (o.unit_id::int % {COLUMNS}),
                                       {SOUTH} + {STEP} * (o.unit_id::int % {ROWS})), 4326)
    FROM population o WHERE o.unit_id = (p.unit_id::int % 100)::text
"""
FRACTIONS = (
    "UPDATE network_sample SET down_kbps = down_kbps / 7",
    "UPDATE facility SET doctors = doctors / 7, beds = beds / 7",
    "UPDATE statistic SET value = value / 7",
)
SUMMED = ("ptai", "scheduled_speed_kmh", "headway_mean_min", "wait_random_min", "excess_wait_min",
          "headway_cv", "e2sfca_doctors", "station_coverage_share", "bed_occupancy")  # fmt: skip


def timetable(points) -> dict[str, list[dict[str, Any]]]:
    """Return a day's timetable and what ran of it: stops on the grid of roads, uneven times."""
    random = Random(3)
    stops = [
        {
            "stop_id": str(i), "is_boardable": True, "is_rail": i % 9 == 0,
            **place(points, i),
            "geom": f"SRID=4326;POINT({WEST + STEP * random.randrange(COLUMNS) + 0.0003} "
            f"{SOUTH + STEP * random.randrange(ROWS) + 0.0002})",
        }
        for i in range(STOPS)
    ]  # fmt: skip
    trips, times, departures, events = [], [], [], []
    for trip in range(TRIPS):
        route, service = str(trip % ROUTES), str(trip % 3)
        trips.append({"trip_id": str(trip), "route_id": route, "service_id": service,
                      "direction_id": trip % 2})  # fmt: skip
        at = 5 * 3600 + random.randrange(15 * 3600)
        for sequence in range(12):
            at += random.randrange(61, 700)
            stop = (trip % ROUTES * 5 + sequence) % STOPS
            times.append({"trip_id": str(trip), "stop_sequence": sequence, "stop_id": str(stop),
                          "arrival_s": at, "departure_s": at})  # fmt: skip
            where = {name: stops[stop][name] for name in ("stop_id", "cell", "district_id")}
            called = {"trip_id": str(trip), "route_id": route, "direction_id": trip % 2,
                      "stop_sequence": sequence, "service_on": SERVICE_ON, **where}  # fmt: skip
            due = MIDNIGHT + timedelta(seconds=at)
            departures.append({**called, "run_id": trip, "departs_at": due,
                               "is_boardable": sequence < 11, "is_estimated": False})  # fmt: skip
            late = timedelta(microseconds=random.randrange(-(10**8), 6 * 10**8))
            events.append({**called, "scheduled_at": due, "observed_at": due + late})
    days = {"starts_on": SERVICE_ON, "ends_on": SERVICE_ON, "timezone": "Asia/Shanghai"}
    return {
        "gtfs_feed": [{**days, "max_time_s": 30 * 3600}],
        "gtfs_stop": stops,
        "gtfs_trip": trips,
        "gtfs_stop_time": times,
        "gtfs_service_day": [
            {"service_id": str(each), "service_on": SERVICE_ON} for each in range(3)
        ],
        "departure": departures,
        "stop_event": events,
    }


@pytest.fixture(scope="module")
def built(seeded: Engine, city, add, points) -> Engine:
    numbers = {}
    for table, rows in timetable(points).items():
        numbers[table] = number = add(
            table, rows, source="feed", event_to=MIDNIGHT + timedelta(days=1)
        )
        if table in ("gtfs_stop", "departure"):
            span = {"starts_at": MIDNIGHT, "ends_at": MIDNIGHT + timedelta(days=1)}
            looked = {"source": "feed", "load_id": number, "table_name": table, **span}
            with seeded.begin() as connection:
                connection.execute(insert(source_coverage).values(looked))
    of_feed = [table for table in numbers if table.startswith("gtfs_")]  # one feed, one load
    feed = (f"UPDATE {table} SET load_id = {numbers['gtfs_feed']}" for table in of_feed)
    with seeded.begin() as connection:
        for statement in (TOGETHER, *FRACTIONS, *feed):
            connection.execute(text(statement))
    build_states(seeded, city, full=True)
    return seeded


def lay_down_again(engine: Engine) -> None:
    """Write the rows of every table of records again, in an order of chance."""
    with engine.begin() as connection:
        connection.execute(text("SELECT setseed(0.5)"))
        for table in metadata.sorted_tables:
            if table.name in NO_RECORDS:
                continue
            for statement in (
                f"CREATE TEMP TABLE kept ON COMMIT DROP AS TABLE {table.name}",
                f"DELETE FROM {table.name}",
                f"INSERT INTO {table.name} OVERRIDING SYSTEM VALUE "
                "SELECT * FROM kept ORDER BY random()",
                "DROP TABLE kept",
            ):
                connection.execute(text(statement))


def states(engine: Engine) -> dict[str, list[bytes]]:
    """Return the rows of every indicator as the server writes them, but for their build."""
    columns = [each.name for each in metadata.tables["state"].columns if each.name != "build_id"]
    statement = f"""
        COPY (SELECT {", ".join(columns)} FROM state
              ORDER BY indicator, component, measure, starts_at, cell, district_id) TO STDOUT
    """
    found: dict[str, list[bytes]] = {}
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in b"".join(bytes(each) for each in copy).splitlines():
                found.setdefault(row.partition(b"\t")[0].decode(), []).append(row)
    return found


def test_the_order_in_which_records_lie_changes_no_byte(built: Engine, city) -> None:
    before = states(built)
    lay_down_again(built)
    build_states(built, city, full=True)
    after = states(built)
    assert before.keys() == after.keys()
    differing = Counter(
        {key: sum(a != b for a, b in zip(after[key], rows, strict=True))
         for key, rows in before.items()}
    )  # fmt: skip
    assert +differing == {}


def test_the_records_are_such_that_order_matters(built: Engine) -> None:
    """Else the comparison would hold for any build: fractions, and several rows to a state.

    Doctors in reach are told of hexagons, whose residents were added up before.
    """
    many = text("SELECT indicator FROM state GROUP BY 1 HAVING max(n) > 2")
    with built.connect() as connection:
        assert set(SUMMED) - {"e2sfca_doctors"} <= set(connection.execute(many).scalars())
        fractions = text("SELECT count(*) FROM state WHERE num <> floor(num)")
        assert connection.execute(fractions).scalar_one() > 1000
