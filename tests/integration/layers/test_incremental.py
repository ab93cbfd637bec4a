"""Incremental builds: whatever arrives in whatever order, the states are those of a full build.

Files are written from a register of calls and tests and loaded through the pipeline: split, late,
corrected, repeated, empty. After every load the states are refreshed from it alone; then everything
is computed from nothing, which must find no row to change.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import polars as pl
import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City, load_city
from geodata.database.engine import open_snapshot
from geodata.space.districts import DistrictLocator, load_districts, read_districts
from geodata.tables import counted_load, incident, load, state, state_build, state_change
from layers.build.run import build_states, refresh_states
from layers.maps.column import of_area, read_column
from layers.maps.encoding import encode_column
from layers.period import Period
from layers.states.state import STATE_SCHEMA
from layers.states.version import read_build
from layers.values.query import ValueQuery, check_query
from tests.conftest import opened

CHANGCHUN = load_city("changchun")

FLOWS = ["incident_count", "call_to_arrival_p90", "within_target_share", "down_mean_mbps"]
KEYS = [*FLOWS, "open_incidents", "beds_per_1000", "gnb_per_10k"]
FIRST = datetime.fromisoformat("2026-09-25T00:00:00+08:00")
DAYS = 12  # over the end of a month
BASE = {
    "title_zh": "来源", "title_en": "source", "owner": "test", "licence": "none",
    "cadence": "P1D", "provenance": "simulated", "path": "*.csv", "format": "csv",
    "timezone": "Asia/Shanghai", "datum": "wgs84",
}  # fmt: skip
CALLS = {
    "table": "incident",
    "mode": "append",
    "coverage": {"area": "city", "period": "days"},
    "mapping": {
        "record_id": "id", "event_id": "id", "revision": "revision", "channel": "channel",
        "received_at": "received_at", "notified_at": "notified_at", "arrived_at": "arrived_at",
        "closed_at": "closed_at", "is_duplicate": "is_duplicate", "lon": "lon", "lat": "lat",
    },
}  # fmt: skip
TESTS = {
    "table": "network_sample",
    "mode": "append",
    "mapping": {
        "sample_id": "id", "kind": {"const": "speed_test"}, "technology": "technology",
        "sampled_at": "sampled_at", "down_kbps": {"source": "down", "scale": 1000},
        "lon": "lon", "lat": "lat",
    },
}  # fmt: skip
PLACES = {
    "table": "facility",
    "mode": "snapshot",
    "may_shrink": 1,
    "mapping": {
        "facility_id": "id", "kind": "kind", "technology": "technology", "node_id": "node",
        "beds": "beds", "lon": "lon", "lat": "lat",
    },
}  # fmt: skip


@dataclass
class Register:
    """What the departments know; a file is a part of it as of now."""

    random: Random
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)

    def place(self) -> dict[str, float]:
        if self.random.random() < 0.1:
            return {"lon": None, "lat": None}
        return {"lon": self.random.gauss(125.32, 0.05), "lat": self.random.gauss(43.88, 0.05)}

    def call(self, day: int) -> dict[str, Any]:
        at = FIRST + timedelta(days=day, seconds=self.random.randrange(86400))
        row = {
            "id": f"c{len(self.calls)}", "revision": 0,
            "channel": self.random.choice(["119", "120"]),
            "received_at": at, "notified_at": at + timedelta(seconds=self.random.randrange(5, 90)),
            "arrived_at": at + timedelta(seconds=self.random.randrange(200, 900)),
            "closed_at": at + timedelta(hours=1) if self.random.random() < 0.7 else None,
            "is_duplicate": False, **self.place(),
        }  # fmt: skip
        self.calls[row["id"]] = row
        return row

    def correct(self, row: dict[str, Any]) -> dict[str, Any]:
        """Change what a department corrects: the place, the clock, the day, whether it counts."""
        change = self.random.choice(
            [
                self.place(),
                {"closed_at": row["received_at"] + timedelta(hours=self.random.randrange(2, 90))},
                {"received_at": row["received_at"] - timedelta(days=self.random.randrange(1, 4))},
                {"is_duplicate": True},
                {"arrived_at": None},
            ]
        )
        row.update(change, revision=row["revision"] + 1)
        return row


class Place:
    """A database to load into, its sources, and what must hold after every load."""

    def __init__(self, engine: Engine, city: City, folder: Path) -> None:
        self.engine, self.city, self.folder = engine, city, folder
        self.locator = DistrictLocator(read_districts(city))
        with engine.begin() as connection:
            load_districts(connection, city)

    def source(self, key: str, declared: dict[str, Any]) -> SourceDeclaration:
        return SourceDeclaration.model_validate(BASE | {"key": key} | declared)

    def load(self, declaration: SourceDeclaration, rows: list[dict[str, Any]]) -> list[int]:
        path = self.folder / f"{uuid4().hex}.csv"
        _write(path, rows, declaration)
        (done,) = load_source(self.engine, self.city, declaration, path, locator=self.locator).files
        assert done.status in ("loaded", "already loaded"), done.message
        return [done.load_id] if done.load_id else []

    def states(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return every state without the build that wrote it."""
        columns = [state.c[name] for name in ("indicator", "measure", *STATE_SCHEMA)]
        with self.engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(select(*columns))]
        return {(row[0], *row[2:6]): tuple(map(repr, row)) for row in rows}

    def layers(self) -> dict[str, bytes]:
        """Return the bytes of a column of each indicator that has states by cell."""
        found = {}
        for key in FLOWS:
            grain = "2026-10" if key == "down_mean_mbps" else "2026-10-01"
            question = check_query(
                ValueQuery(key, Period.parse(grain), by="cell", res=7), self.city
            )
            with self.engine.connect() as connection:
                version = self.versions().get(key)
                if version:
                    column = read_column(
                        connection, self.city, self.folder, of_area(question, "city"), version
                    )
                    found[key] = encode_column(*column)
        return found

    def versions(self) -> dict[str, str]:
        with self.engine.connect() as connection:
            there = set(connection.scalars(select(state_build.c.indicator)))
        return {
            key: read_build(self.engine, CHANGCHUN, key).version for key in KEYS if key in there
        }

    def builds(self) -> dict[str, tuple[Any, ...]]:
        """Return what each build says it stands on, and which loads are counted for it."""
        c, counted = state_build.c, counted_load.c
        names = (c.load_ids, c.sources, c.is_simulated, c.as_of, c.state_rows)
        loads = select(func.array_agg(aggregate_order_by(counted.load_id, counted.load_id)))
        loads = loads.where(counted.indicator == c.indicator).scalar_subquery()
        with self.engine.connect() as connection:
            found = connection.execute(select(c.indicator, *names, loads))
            return {row[0]: tuple(row[1:]) for row in found}

    def changes(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(state_change).order_by(state_change.c.build_id)))


def _write(path: Path, rows: list[dict[str, Any]], declaration: SourceDeclaration) -> None:
    texts = [{name: _text(value) for name, value in row.items()} for row in rows]
    pl.DataFrame(texts).write_csv(path)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


@pytest.fixture
def place(create_database, template_database, city: City, tmp_path: Path):
    """A city with nothing loaded, in a database of its own."""
    with opened(create_database(template_database)) as engine:
        yield Place(engine, city, tmp_path)


def assert_full_build_finds_nothing_to_do(place: Place) -> None:
    """Assert that states, layers, builds and versions are those of a full build."""
    before = (place.states(), place.layers(), place.builds(), place.versions())
    done = len(place.changes())
    build_states(place.engine, place.city, KEYS, full=True)
    assert place.states() == before[0]
    assert (place.layers(), place.builds(), place.versions()) == before[1:]
    assert len(place.changes()) == done


def hospitals(random: Random) -> list[dict[str, Any]]:
    """Return the list of today: some are gone, some are new, some have other beds."""
    return [
        {
            "id": f"h{i}", "kind": kind, "technology": "5g", "node": i // 2,
            "beds": random.randrange(1, 4) * 100, "lon": 125.3 + i / 200, "lat": 43.88,
        }
        for i in range(12)
        if random.random() < 0.8
        for kind in [("hospital", "base_station")[i % 2]]
    ] or [{"id": "h", "kind": "hospital", "technology": "", "node": 0, "beds": 1,
           "lon": 125.3, "lat": 43.88}]  # fmt: skip


def speed_tests(random: Random, start: int, register: Register) -> list[dict[str, Any]]:
    """Return speed tests of two neighbouring days, with speeds that are no round numbers."""
    return [
        {
            "id": f"t{start}-{i}", "technology": random.choice(["fixed", "mobile"]),
            "sampled_at": FIRST + timedelta(days=start, hours=random.randrange(48)),
            "down": round(random.lognormvariate(4, 1), 3), **register.place(),
        }
        for i in range(random.randrange(1, 12))
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_any_sequence_of_loads_gives_the_states_of_a_full_build(place: Place, seed: int) -> None:
    random = Random(seed)
    register = Register(random)
    calls, calls_too = place.source("calls", CALLS), place.source("calls_too", CALLS)
    sources = {"tests": place.source("tests", TESTS), "places": place.source("places", PLACES)}
    sent: list[dict[str, Any]] = []
    place.load(calls, [dict(register.call(day)) for day in range(4) for _ in range(8)])
    place.load(sources["places"], hospitals(random))
    build_states(place.engine, place.city, KEYS)
    for number in range(7):
        kind = random.choice(["new", "split", "late", "correct", "repeat", "tests", "places"])
        known = list(register.calls.values())
        day = min(4 + number, DAYS - 1)
        match kind:
            case "new":
                loads = place.load(calls, [dict(register.call(day)) for _ in range(5)])
            case "split":  # one day's calls come in two files, of two sources
                loads = place.load(calls, [dict(register.call(day)) for _ in range(3)])
                loads += place.load(calls_too, [dict(register.call(day)) for _ in range(3)])
            case "late":
                loads = place.load(calls, [dict(register.call(random.randrange(day)))])
            case "correct":
                chosen = random.sample(known, 4)
                loads = place.load(calls, [dict(register.correct(row)) for row in chosen])
            case "repeat":
                loads = place.load(calls, sent or [dict(row) for row in known[:3]])
            case "tests":
                loads = place.load(sources["tests"], speed_tests(random, number, register))
            case _:
                loads = place.load(sources["places"], hospitals(random))
        refresh_states(place.engine, place.city, loads)
        assert_full_build_finds_nothing_to_do(place)
    assert {change.is_full for change in place.changes() if change.load_ids} == {False}


@pytest.fixture
def week(place: Place) -> tuple[Place, SourceDeclaration, Register]:
    """Seven days of calls, loaded and built."""
    register = Register(Random(1))
    calls = place.source("calls", CALLS)
    rows = [dict(register.call(day)) for day in range(7) for _ in range(20)]
    place.load(calls, rows)
    build_states(place.engine, place.city, KEYS)
    return place, calls, register


def test_a_late_call_reopens_its_day_alone(week) -> None:
    """METHODS 10: late data reopen the period and bump the version; older ones are noted."""
    place, calls, register = week
    before, versions = place.states(), place.versions()
    late = dict(register.call(2), lon=125.32, lat=43.88)
    loads = place.load(calls, [late])
    address = place.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute("LISTEN occ_layer")
        refresh_states(place.engine, place.city, loads)
        heard = [json.loads(note.payload) for note in listener.notifies(timeout=1, stop_after=1)]
        heard += [json.loads(note.payload) for note in listener.notifies(timeout=0.2)]
    after = place.states()
    day = (FIRST + timedelta(days=2)).astimezone(UTC)
    changed = {
        key for key in before | after if key[0] in KEYS and before.get(key) != after.get(key)
    }
    counts = {key for key in changed if key[0] == "incident_count"}
    assert counts
    assert {key[2] for key in counts} == {day}
    assert {key[1] for key in counts} == {late["channel"]}
    assert min(key[2] for key in changed) == day  # an open call counts on later days, too
    (change,) = [c for c in place.changes() if c.indicator == "incident_count" and c.load_ids]
    assert (change.is_full, change.late_from, change.load_ids) == (False, day, loads)
    assert 0 < change.rows_computed < sum(key[0] == "incident_count" for key in after) / 4
    assert change.rows_written == 1
    now_there = place.versions()
    assert now_there["incident_count"] != versions["incident_count"]
    assert {"indicator": "incident_count", "version": now_there["incident_count"]} in heard


def test_rows_that_do_not_change_keep_the_build_that_wrote_them(week) -> None:
    place, calls, register = week
    counted = select(state.c.build_id, func.count().label("rows"))
    written_by = counted.where(state.c.indicator == "incident_count")
    refresh_states(place.engine, place.city, place.load(calls, [dict(register.call(6))]))
    with place.engine.connect() as connection:
        grouped = connection.execute(written_by.group_by(state.c.build_id))
        rows = {row.build_id: row.rows for row in grouped}
    first, last = sorted(rows)
    assert rows[last] == 1
    assert rows[first] > 50


def test_what_concerns_others_keeps_the_version(week) -> None:
    place, _, register = week
    versions = place.versions()
    tests = place.source("tests", TESTS)
    refresh_states(place.engine, place.city, place.load(tests, speed_tests(Random(3), 1, register)))
    now_there = place.versions()
    assert "down_mean_mbps" not in versions
    assert {key: now_there[key] for key in versions} == versions
    build_states(place.engine, place.city, KEYS)
    assert place.versions() == now_there


def test_a_load_that_commits_after_a_later_one_is_not_missed(week) -> None:
    """Numbers are given when a load begins: a build may see number 9 before number 8."""
    place, _, _ = week
    with place.engine.connect() as slow, slow.begin():
        slow_id = _insert_load(slow, "slow", FIRST + timedelta(days=1))
        with place.engine.begin() as fast:
            fast_id = _insert_load(fast, "fast", FIRST + timedelta(days=1))
        assert slow_id < fast_id
        refresh_states(place.engine, place.city, [fast_id])
        assert slow_id not in place.builds()["incident_count"][0]
    build_states(place.engine, place.city, KEYS)
    assert {slow_id, fast_id} <= set(place.builds()["incident_count"][0])
    assert_full_build_finds_nothing_to_do(place)


def _insert_load(connection: Connection, source: str, at: datetime) -> int:
    row = {
        "source": source, "table_name": "incident", "file": source, "sha256": source,
        "status": "loaded", "provenance": "real", "owner": source, "licence": "none",
        "started_at": at, "finished_at": at, "rows_in": 1, "rows_loaded": 1,
        "rows_rejected": 0, "records": 1, "event_from": at, "event_to": at,
    }  # fmt: skip
    number = connection.execute(insert(load).values(row).returning(load.c.load_id)).scalar_one()
    record = {"record_id": source, "event_id": source, "channel": "119", "received_at": at}
    connection.execute(insert(incident).values(source=source, load_id=number, **record))
    return int(number)


def test_readers_see_the_old_states_until_all_new_ones_are_there(week) -> None:
    place, calls, register = week
    count = select(func.sum(state.c.num)).where(state.c.indicator == "incident_count")
    version = select(state_build.c.build_id).where(state_build.c.indicator == "incident_count")
    with open_snapshot(place.engine) as reader:
        old = (reader.execute(version).scalar_one(), reader.execute(count).scalar_one())
        refresh_states(place.engine, place.city, place.load(calls, [dict(register.call(3))]))
        assert (reader.execute(version).scalar_one(), reader.execute(count).scalar_one()) == old
    with open_snapshot(place.engine) as reader:
        new = (reader.execute(version).scalar_one(), reader.execute(count).scalar_one())
    assert new[0] > old[0]
    assert new[1] == old[1] + 1


def test_another_definition_or_server_is_built_whole(week, monkeypatch) -> None:
    place, _, _ = week
    versions = place.versions()
    with place.engine.begin() as connection:
        connection.execute(update(state_build).values(seen="1 10:10:"))
    build_states(place.engine, place.city, ["incident_count"])
    assert place.versions()["incident_count"] != versions["incident_count"]
    monkeypatch.setattr("layers.build.plan.definition_digest", lambda *_: "another")
    build_states(place.engine, place.city, ["call_to_arrival_p90"])
    assert place.versions()["call_to_arrival_p90"] != versions["call_to_arrival_p90"]


def test_an_indicator_whose_records_are_all_retired_loses_its_states(place: Place) -> None:
    declared = PLACES | {"key": "hospitals"}
    source = place.source("hospitals", {k: v for k, v in declared.items() if k != "key"})
    one = {"id": "h", "kind": "hospital", "technology": "", "node": 0, "beds": 5,
           "lon": 125.3, "lat": 43.88}  # fmt: skip
    refresh_states(place.engine, place.city, place.load(source, [one]))
    assert "beds_per_1000" in place.versions()
    refresh_states(place.engine, place.city, place.load(source, [one | {"kind": "base_station"}]))
    assert "beds_per_1000" not in place.versions()
    assert not [key for key in place.states() if key[0] == "beds_per_1000"]


def test_a_refresh_after_weeks_of_small_loads_reads_the_new_one_only(week) -> None:
    """A live source makes thousands of loads a day: more than a statement takes numbers."""
    place, calls, register = week
    with place.engine.begin() as connection:
        first, last = _copy_newest_load(connection, 70_000)
        numbers = select(literal("incident_count"), func.generate_series(first, last))
        connection.execute(insert(counted_load).from_select(["indicator", "load_id"], numbers))
    statements: list[str] = []

    @event.listens_for(place.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        statements.append(f"{statement} {parameters}")

    loads = place.load(calls, [dict(register.call(6))])
    statements.clear()
    build_states(place.engine, place.city, ["incident_count"])
    assert max(map(len, statements)) < 10_000
    counted = select(func.count()).where(
        counted_load.c.indicator == "incident_count",
        counted_load.c.load_id.in_([first, last, *loads]),
    )
    with place.engine.connect() as connection:
        assert connection.execute(counted).scalar_one() == 3
    (newest,) = read_build(place.engine, CHANGCHUN, "incident_count").load_ids
    assert newest in (last, *loads)


def _copy_newest_load(connection: Connection, times: int) -> tuple[int, int]:
    """Write the newest load down so often; return the first and the last number."""
    names = [each.name for each in load.columns if each is not load.c.load_id]
    newest = select(func.max(load.c.load_id)).scalar_subquery()
    copies = select(*(load.c[name] for name in names), func.generate_series(1, times))
    rows = select(*copies.where(load.c.load_id == newest).subquery().columns[:-1])
    connection.execute(insert(load).from_select(names, rows))
    found: int = connection.execute(select(func.max(load.c.load_id))).scalar_one()
    return found - times + 1, found
