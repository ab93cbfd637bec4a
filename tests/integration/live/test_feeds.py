"""T6: GTFS-RT messages become vehicles' places and stop events; a real feed fits its timetable."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml
from google.transit.gtfs_realtime_pb2 import FeedMessage
from sqlalchemy import func, select

from etl.live.gtfs_rt_feed import FollowedFeed
from etl.live.piece import LiveSource
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.queries.live import read_sources_freshness
from geodata.space.datums import wgs84_to_bd09, wgs84_to_gcj02
from geodata.space.districts import DistrictLocator
from geodata.tables import rejected_row, stop_event, vehicle_position
from tests.unit.etl.extract.bombs import entities

ROOT = Path(__file__).resolve().parents[3]
BASE = {
    "title_zh": "来源", "title_en": "source", "owner": "buses", "licence": "none",
    "cadence": "P1D", "provenance": "simulated", "path": "none_*.csv", "format": "csv",
    "table": "stop_event",
    "mapping": dict.fromkeys(
        ("service_on", "trip_id", "stop_sequence", "stop_id", "route_id", "scheduled_at"), "x"
    ),
}  # fmt: skip
DAY = datetime(2026, 11, 30, 16, tzinfo=UTC)  # midnight of 1 December in Changchun
KM = 1000 / 111_320
FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\na,A,http://a,Asia/Shanghai\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    + "".join(f"S{n},S{n},{43.88 + KM * (n - 1)},125.32\n" for n in (1, 2, 3)),
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,a,1,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nD,1,1,1,1,1,1,1,20261101,20261231\n",
    "trips.txt": "route_id,service_id,trip_id,direction_id\nR,D,T1,0\nR,D,T2,0\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    + "".join(
        f"{trip},{clock},{clock},S{n},{n}\n"
        for trip, hour in (("T1", "07"), ("T2", "08"))
        for n, clock in ((1, f"{hour}:00:00"), (2, f"{hour}:05:00"), (3, f"{hour}:10:00"))
    ),
}


def declared(key: str, feed: str, timetable: str, **changes: str) -> SourceDeclaration:
    live = {"path": f"rt/{key}_{feed}_*.pb", "feed": feed, "timetable": timetable,
            "poll": "PT10S", "expected": "PT30S"}  # fmt: skip
    return SourceDeclaration.model_validate(BASE | {"key": key, "live": live} | changes)


@pytest.fixture
def follow(engine, city, districts, tmp_path):
    """Return a function that follows a declared feed below the test's folder."""
    (tmp_path / "rt").mkdir()

    def make(declaration):
        locator = DistrictLocator(districts)
        target = LiveSource(engine, city, declaration, declaration.live[0], locator)
        return FollowedFeed(target, tmp_path)

    return make


@pytest.fixture
def line(engine, city, tmp_path, monkeypatch):
    """A timetable of one line with two trips, loaded."""
    monkeypatch.setenv("OCC_NOW", "2026-12-01T00:00:00+00:00")
    return load_line(engine, city, tmp_path, FEED)


def load_line(engine, city, tmp_path, tables, **changes):
    """Load a timetable and return its key."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in tables.items():
            archive.writestr(name, content)
    (tmp_path / "line.zip").write_bytes(buffer.getvalue())
    content = yaml.safe_load((ROOT / "tests/data/declarations/gtfs_raba.yaml").read_text())
    content |= {
        "key": f"line_{tmp_path.name}"[:40],
        "path": "line.zip",
        "timezone": "Asia/Shanghai",
        **changes,
    }
    declaration = SourceDeclaration.model_validate(content)
    assert load_source(engine, city, declaration, root=tmp_path).status == "loaded"
    return declaration.key


def positions(at: datetime, *vehicles, shift=None) -> bytes:
    """A message with vehicle, trip, kilometres along the line, seconds its clock is ahead."""
    made = FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = int(at.timestamp())
    for vehicle_id, trip_id, km, ahead_s in vehicles:
        vehicle = made.entity.add(id=vehicle_id).vehicle
        vehicle.vehicle.id = vehicle_id
        vehicle.trip.trip_id = trip_id
        lon, lat = np.array([125.32]), np.array([43.88 + KM * km])
        lon, lat = shift(lon, lat) if shift else (lon, lat)
        vehicle.position.longitude, vehicle.position.latitude = float(lon[0]), float(lat[0])
        vehicle.timestamp = int(at.timestamp()) + ahead_s
    return made.SerializeToString()


def stop_rows(engine, key: str):
    c = stop_event.c
    statement = select(c.trip_id, c.stop_sequence, c.observed_at, c.scheduled_at).where(
        c.source == key, c.retired_by.is_(None)
    )
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(statement))


def test_a_bus_leaves_its_stops_between_two_fixes(engine, follow, line, tmp_path):
    key = f"avl_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    start = DAY + timedelta(hours=7, minutes=1)
    for number, km in enumerate((0.0, 0.5, 0.9, 1.1, 1.5)):
        at = start + timedelta(seconds=100 * number)
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(
            positions(at, ("bus", "T1", km, 0))
        )
    assert [done.rows_loaded for done in feed.poll()] == [1] * 5
    assert list(feed.poll()) == []
    rows = stop_rows(engine, key)
    assert [(trip, stop) for trip, stop, _, _ in rows] == [("T1", 1), ("T1", 2)]
    left, second = (row[2] - row[3] for row in rows)
    assert (round(left.total_seconds()), round(second.total_seconds())) == (64, 10)
    with engine.connect() as connection:
        c = vehicle_position.c
        place = connection.execute(
            select(c.progress_m, c.deviation_s, c.stop_sequence, c.route_id).where(c.source == key)
        ).one()
    assert (round(place.progress_m, -1), round(place.deviation_s, -1), place.stop_sequence) == (
        1500, 10, 2
    )  # fmt: skip


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_a_shifted_feed_keeps_what_it_sent_and_runs_on_the_line(
    engine, follow, line, tmp_path, datum, shift
):
    key = f"{datum}_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line, datum=datum))
    at = DAY + timedelta(hours=7, minutes=4)
    for number, km in enumerate((0.9, 1.1)):
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(
            positions(at + timedelta(seconds=60 * number), ("bus", "T1", km, 0), shift=shift)
        )
    assert [done.rows_loaded for done in feed.poll()] == [1, 1]
    sent = [float(each[0]) for each in shift(np.array([125.32]), np.array([43.88 + KM * 1.1]))]
    c = vehicle_position.c
    statement = select(
        c.original_lon, c.original_lat, c.datum, func.ST_X(c.geom), func.ST_Y(c.geom),
        c.progress_m, c.off_shape_m,
    ).where(c.source == key)  # fmt: skip
    with engine.connect() as connection:
        lon, lat, given_in, x, y, progress_m, off_shape_m = connection.execute(statement).one()
    assert given_in == datum
    assert (lon, lat) == pytest.approx(sent, abs=1e-5)  # a feed's numbers are float32
    assert (x, y) == pytest.approx((125.32, 43.88 + KM * 1.1), abs=1e-5)
    assert progress_m == pytest.approx(1100, abs=5)
    assert off_shape_m < 5
    assert [(trip, stop) for trip, stop, _, _ in stop_rows(engine, key)] == [("T1", 2)]


def test_a_stop_of_a_shifted_timetable_keeps_its_place_as_given(
    engine, city, districts, follow, tmp_path, monkeypatch
):
    monkeypatch.setenv("OCC_NOW", "2026-12-01T00:00:00+00:00")
    lat = 43.88 + KM * np.arange(3)
    lon, lat = wgs84_to_gcj02(np.full(3, 125.32), lat)
    rows = [f"S{n},S{n},{y},{x}\n" for n, x, y in zip((1, 2, 3), lon, lat, strict=True)]
    stops = "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(rows)
    timetable = load_line(engine, city, tmp_path, FEED | {"stops.txt": stops}, datum="gcj02")
    key = f"given_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", timetable))
    at = DAY + timedelta(hours=7, minutes=4)
    for number, km in enumerate((0.9, 1.1)):
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(
            positions(at + timedelta(seconds=60 * number), ("bus", "T1", km, 0))
        )
    list(feed.poll())
    c = stop_event.c
    statement = select(
        c.original_lon, c.original_lat, c.datum, func.ST_X(c.geom), func.ST_Y(c.geom)
    ).where(c.source == key)
    with engine.connect() as connection:
        *given, given_in, x, y = connection.execute(statement).one()
    assert given_in == "gcj02"
    assert given == pytest.approx([lon[1], lat[1]], abs=1e-9)
    assert (x, y) == pytest.approx((125.32, 43.88 + KM), abs=1e-6)


def test_one_message_twice_and_one_too_late_change_nothing(engine, follow, line, tmp_path):
    key = f"again_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    at = DAY + timedelta(hours=7, minutes=4)
    for number, (shift_s, km) in enumerate(((0, 0.9), (60, 1.1), (60, 1.1), (0, 0.9), (90, 1.2))):
        moment = at + timedelta(seconds=shift_s)
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(
            positions(moment, ("bus", "T1", km, 0))
        )
    list(feed.poll())
    assert [(trip, stop) for trip, stop, _, _ in stop_rows(engine, key)] == [("T1", 2)]
    with engine.connect() as connection:
        c = vehicle_position.c
        assert connection.execute(select(c.recorded_at).where(c.source == key)).scalar_one() == (
            at + timedelta(seconds=90)
        )


def test_a_vehicle_whose_clock_runs_ahead_is_kept_aside(engine, follow, line, tmp_path):
    key = f"ahead_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    content = positions(DAY + timedelta(hours=7), ("bad", "T1", 0.0, 61), ("good", "T2", 0.0, 60))
    (tmp_path / "rt" / f"{key}_positions_0.pb").write_bytes(content)
    (done,) = feed.poll()
    assert (done.rows_in, done.rows_loaded, done.rows_rejected) == (2, 1, 1)
    with engine.connect() as connection:
        reason = connection.execute(
            select(rejected_row.c.reason).where(rejected_row.c.load_id == done.load_id)
        ).scalar_one()
    assert reason == "lies after the message's own time"


def test_a_damaged_message_is_refused_and_the_next_one_read(follow, line, tmp_path):
    key = f"damaged_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    (tmp_path / "rt" / f"{key}_positions_0.pb").write_bytes(b"\xff\xff\xff")
    (tmp_path / "rt" / f"{key}_positions_1.pb").write_bytes(
        positions(DAY + timedelta(hours=7), ("bus", "T1", 0.0, 0))
    )
    assert [done.status for done in feed.poll()] == ["refused", "loaded"]
    assert list(feed.poll()) == []


def test_a_message_too_large_is_refused_and_the_next_one_read(follow, line, tmp_path):
    key = f"large_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    (tmp_path / "rt" / f"{key}_positions_0.pb").write_bytes(entities(300_000))
    (tmp_path / "rt" / f"{key}_positions_1.pb").write_bytes(
        positions(DAY + timedelta(hours=7), ("bus", "T1", 0.0, 0))
    )
    states = [(done.status, done.rows_loaded, done.message) for done in feed.poll()]
    assert [(status, rows) for status, rows, _ in states] == [("refused", 0), ("loaded", 1)]
    assert "more entities; at most 200,000" in states[0][2]
    assert list(feed.poll()) == []


def test_a_message_that_has_nothing_to_tell_is_heard(engine, follow, line, tmp_path):
    key = f"night_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    at = DAY + timedelta(hours=3)
    (tmp_path / "rt" / f"{key}_positions_0.pb").write_bytes(positions(at))
    (done,) = feed.poll()
    assert (done.status, done.rows_in) == ("loaded", 0)
    (found,) = (
        each
        for each in read_sources_freshness(engine, at + timedelta(seconds=90))
        if each.source == key
    )
    assert (found.last_event_at, found.state) == (at, "fresh")


def test_a_headway_is_to_the_bus_before_on_the_route(engine, follow, line, tmp_path):
    key = f"headway_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))
    first, second = DAY + timedelta(hours=7, minutes=50), DAY + timedelta(hours=8, minutes=4)
    steps = [
        (first, ("one", "T1", 0.9, 0)), (first + timedelta(seconds=60), ("one", "T1", 1.1, 0)),
        (second, ("two", "T2", 0.9, 0)), (second + timedelta(seconds=60), ("two", "T2", 1.1, 0)),
    ]  # fmt: skip
    for number, (at, vehicle) in enumerate(steps):
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(positions(at, vehicle))
    list(feed.poll())
    with engine.connect() as connection:
        c = vehicle_position.c
        found = connection.execute(
            select(c.headway_s, c.scheduled_headway_s).where(c.source == key, c.vehicle_id == "two")
        ).one()
    assert (round(found.headway_s), found.scheduled_headway_s) == (840, 3600)


def test_what_was_never_seen_counts_as_missed(engine, follow, line, tmp_path, monkeypatch):
    """T6: of four departures two are seen, one half an hour late; the denominator is four."""
    key = f"missed_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))

    def send(number: int, at: datetime, trip_id: str, km: float) -> None:
        content = positions(at, ("bus", trip_id, km, 0))
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(content)

    def poll(clock: timedelta) -> list[tuple[str, int, bool]]:
        monkeypatch.setenv("OCC_NOW", (DAY + clock).isoformat())
        list(feed.poll())
        rows = stop_rows(engine, key)
        return [(trip, stop, seen is not None) for trip, stop, seen, _ in rows]

    send(0, DAY + timedelta(hours=7, minutes=5), "T1", 0.9)
    send(1, DAY + timedelta(hours=7, minutes=6), "T1", 1.1)
    assert poll(timedelta(hours=7, minutes=29)) == [("T1", 2, True)]
    assert poll(timedelta(hours=7, minutes=30)) == [("T1", 1, False), ("T1", 2, True)]
    # a silent feed misses what the timetable has, once: the next sweep finds it known
    both = [("T2", 1, False), ("T2", 2, False)]
    assert poll(timedelta(hours=9)) == [("T1", 1, False), ("T1", 2, True), *both]
    assert poll(timedelta(hours=9, minutes=6)) == [("T1", 1, False), ("T1", 2, True), *both]
    send(2, DAY + timedelta(hours=9, minutes=7), "T2", 0.9)
    send(3, DAY + timedelta(hours=9, minutes=8), "T2", 1.1)
    late = [("T2", 1, False), ("T2", 2, True)]
    assert poll(timedelta(hours=9, minutes=8)) == [("T1", 1, False), ("T1", 2, True), *late]


def test_a_line_first_seen_late_in_the_day_misses_what_came_before(
    engine, follow, line, tmp_path, monkeypatch
):
    """T6: a feed that was heard without any of its buses on a trip has looked at no line yet."""
    key = f"late_{tmp_path.name}"[:40]
    feed = follow(declared(key, "positions", line))

    def poll(number: int, at: timedelta, trip_id: str, km: float) -> list[tuple[str, int, bool]]:
        monkeypatch.setenv("OCC_NOW", (DAY + at).isoformat())
        content = positions(DAY + at, ("bus", trip_id, km, 0))
        (tmp_path / "rt" / f"{key}_positions_{number}.pb").write_bytes(content)
        list(feed.poll())
        return [(trip, stop, seen is not None) for trip, stop, seen, _ in stop_rows(engine, key)]

    assert poll(0, timedelta(hours=8, minutes=1), "unknown", 0.5) == []
    assert poll(1, timedelta(hours=8, minutes=5), "T2", 0.9) == []
    assert poll(2, timedelta(hours=8, minutes=6), "T2", 1.1) == [("T2", 2, True)]
    before = [("T1", 1, False), ("T1", 2, False)]
    assert poll(3, timedelta(hours=8, minutes=7), "T2", 1.2) == [*before, ("T2", 2, True)]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("feed", "file", "rows", "on_trips"),
    [
        ("trip_updates", "raba-trip-updates.pb", 9, 9),
        ("positions", "raba-vehicle-positions.pb", 22, 1),
    ],
)
def test_a_real_feed_matches_its_timetable(
    engine, city, follow, trial_data, tmp_path, monkeypatch, feed, file, rows, on_trips
):
    monkeypatch.setenv("OCC_NOW", "2025-06-08T21:10:00+00:00")
    timetable = read_declaration(ROOT / "tests/data/declarations/gtfs_raba.yaml")
    load_source(engine, city, timetable, root=trial_data)
    key = f"raba_{feed}"
    content = (trial_data / "transit" / "rt" / "raba" / file).read_bytes()
    (tmp_path / "rt" / f"{key}_{feed}_1.pb").write_bytes(content)
    (done,) = follow(declared(key, feed, timetable.key)).poll()
    assert (done.status, done.rows_in, done.rows_rejected) == ("loaded", rows, 0)
    (stage,) = done.stages
    assert rows - stage.dropped.get("on no known trip", 0) == on_trips
