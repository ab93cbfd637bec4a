"""Replay: reading as of each moment gives exactly what reading gave then, whatever came later.

Files are loaded step by step through the pipeline with the clock at different moments: a first
load, speed tests with a late file, corrections, a new snapshot; states are built, alert rules are
evaluated. What reading gave is kept. Afterwards every moment is read again as of then.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import ibis
import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from sqlalchemy import Engine, delete, func, insert, literal, literal_column, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from geodata.city.configuration import load_city
from geodata.clock import replaying
from geodata.database.replay import BeforeFirstLoadError, ForgottenError, FutureError, open_as_of
from geodata.http.problems import add_problem_handlers
from geodata.queries.alerts import count_open, read_alerts
from geodata.queries.frame import read_frame
from geodata.queries.live import read_sources_freshness
from geodata.queries.screens import read_freshness, read_incident_hours, read_incidents
from geodata.tables import incident, live_source
from layers.alerts.duty import acknowledge, assign
from layers.alerts.observe import evaluate
from layers.build.run import build_states, refresh_states
from layers.catalogue.record_tables import record_table
from layers.catalogue.registry import find_indicator
from layers.maps.classes import read_classes
from layers.maps.column import of_area, read_column
from layers.maps.encoding import encode_column
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.urls import values_address
from layers.score.score import read_scores
from layers.states.history import delete_history_before
from layers.states.version import moment_of, read_build
from layers.values.query import ValueQuery, check_query
from layers.values.read import available_periods, latest_period, read_values
from tests.conftest import opened
from tests.integration.layers.test_incremental import (
    CALLS,
    PLACES,
    TESTS,
    Place,
    Register,
    hospitals,
    speed_tests,
)

CHANGCHUN = load_city("changchun")

# one of each class: A, Q, R, S, W; a share of another indicator's stock, and what is made by code
KEYS = {
    "incident_count": "A",
    "call_to_arrival_p90": "Q",
    "within_target_share": "R",
    "residents": "S",
    "down_mean_mbps": "W",
    "beds_per_1000": "R",
    "open_incidents": "S",
}
CLASSED = ("call_to_arrival_p90", "beds_per_1000")  # their legends are compared, too
PEOPLE = {
    "table": "population",
    "mode": "snapshot",
    "may_shrink": 1,
    "mapping": {"unit_id": "id", "residents": "residents", "vintage_on": "on", "lon": "lon",
                "lat": "lat"},
    "coverage": {"area": "city", "period": "declared", "from": "2020-11-01", "to": "2030-01-01"},
}  # fmt: skip
MOMENTS = [
    datetime.fromisoformat(f"2026-10-{day}T{clock}+08:00")
    for day, clock in (("05", "08:00"), ("06", "08:30"), ("06", "21:15"), ("07", "07:45"))
]
AFTERWARDS = datetime.fromisoformat("2026-11-20T12:00:00+08:00")


def shown(engine: Engine, place: Place, at: datetime) -> dict[str, Any]:
    """Return everything that reading gives at a moment, the version's mark of a replay aside."""
    found: dict[str, Any] = {}
    for key in KEYS:
        found |= indicator_shown(engine, place, key)
    freshness = read_freshness(engine)
    start = at - timedelta(days=2)
    with engine.connect() as connection:
        found["alerts"] = [dict(row) for row in read_alerts(connection, at)]
        found["open"] = count_open(connection, at)
    found |= {
        "freshness": freshness,
        "sources": read_sources_freshness(engine, at),
        "incidents": read_incidents(engine, start, at, 20).rows(),
        "hours": read_incident_hours(engine, start, at, place.city.timezone).rows(),
        "scores": read_scores(engine, place.city),
    }
    return found


def indicator_shown(engine: Engine, place: Place, key: str) -> dict[str, Any]:
    """Return build, periods, values, classes and the map's bytes of an indicator."""
    period = latest_period(engine, place.city, key)
    if period is None:
        return {key: None}
    build = read_build(engine, CHANGCHUN, key)
    number = build.version.partition("-")[2] if moment_of(build.version) else build.version
    found: dict[str, Any] = {key: (number, build.built_at, build.as_of, build.sources)}
    found[f"{key} periods"] = available_periods(engine, place.city, key)
    for by in ("city", "district", "period"):
        query = ValueQuery(key, period, by=by)
        found[f"{key} {by}"] = [*map(repr, read_values(engine, place.city, query).rows())]
    if "cell" not in find_indicator(CHANGCHUN, key).geometry:
        return found
    if key in CLASSED:
        found[f"{key} classes"] = read_classes(engine, place.city, key, res=7)
    question = check_query(ValueQuery(key, period, by="cell", res=7), place.city)
    with engine.connect() as connection:
        answered = of_area(question, "city"), build.version
        column = read_column(connection, place.city, place.folder, *answered)
    found[f"{key} map"] = encode_column(*column)
    return found


@pytest.fixture(scope="module")
def story(
    create_database, template_database, city, tmp_path_factory
) -> Iterator[tuple[Place, dict[datetime, dict[str, Any]]]]:
    """A database with four moments behind it, and what was shown at each."""
    with opened(create_database(template_database)) as engine, pytest.MonkeyPatch.context() as at:
        place = Place(engine, city, tmp_path_factory.mktemp("replay"))
        kept: dict[datetime, dict[str, Any]] = {}
        for moment, arrive in zip(MOMENTS, arrivals(place), strict=True):
            at.setenv("OCC_NOW", moment.isoformat())
            arrive(moment)
            follow(engine, moment)
            evaluate(engine, city, moment)
            kept[moment] = shown(engine, place, moment)
        at.setenv("OCC_NOW", AFTERWARDS.isoformat())
        build_states(engine, city, ["incident_count"], full=True)
        yield place, kept


def follow(engine: Engine, moment: datetime) -> None:
    """Say how far the live source is, as the live process does after each load."""
    told = text("SELECT max(event_to) FROM ops.load WHERE source = 'calls'")
    with engine.begin() as connection:
        row = {"source": "calls", "kind": "records", "expected_s": 300.0, "polled_at": moment}
        row["last_event_at"] = connection.execute(told).scalar_one()
        connection.execute(delete(live_source))
        connection.execute(insert(live_source).values(row))


def arrivals(place: Place) -> list[Any]:
    """Return what happens at each moment, in order."""
    random = Random(5)
    register = Register(random)
    calls = place.source("calls", CALLS)
    places, tests = place.source("places", PLACES), place.source("tests", TESTS)
    people = place.source("people", PEOPLE)

    def first(_: datetime) -> None:
        place.load(calls, [dict(register.call(day)) for day in range(9) for _ in range(30)])
        place.load(places, hospitals(random))
        rows = [
            {"id": f"p{i}", "residents": 1000 + i, "on": date(2020, 11, 1), **register.place()}
            for i in range(300)
        ]
        place.load(people, [row for row in rows if row["lon"]])
        build_states(place.engine, place.city, list(KEYS))

    def late(_: datetime) -> None:
        loads = place.load(tests, speed_tests(random, 9, register))
        loads += place.load(calls, [dict(register.call(2)) for _ in range(5)])
        loads += place.load(calls, [dict(register.call(9)) for _ in range(30)])
        refresh_states(place.engine, place.city, loads)

    def corrected(moment: datetime) -> None:
        chosen = random.sample(list(register.calls.values()), 40)
        loads = place.load(calls, [dict(register.correct(row)) for row in chosen])
        refresh_states(place.engine, place.city, loads)
        with place.engine.connect() as connection:
            number = read_alerts(connection, moment)[0]["alert_id"]
        acknowledge(place.engine, number, "王强")
        assign(place.engine, number, "值班一组", "王强")

    def replaced(_: datetime) -> None:
        loads = place.load(places, hospitals(random))
        loads += place.load(tests, speed_tests(random, 10, register))
        refresh_states(place.engine, place.city, loads)

    return [first, late, corrected, replaced]


def test_the_indicators_are_of_every_class() -> None:
    assert {key: find_indicator(CHANGCHUN, key).state_class.value for key in KEYS} == KEYS


@pytest.mark.parametrize("number", range(len(MOMENTS)))
def test_each_moment_is_shown_as_it_was(story, number: int) -> None:
    place, kept = story
    moment = MOMENTS[number]
    then = open_as_of(place.engine, moment)
    with replaying(moment):
        again = shown(then, place, moment)
    before = kept[moment]
    assert again.keys() == before.keys()
    for key, value in before.items():
        assert again[key] == value, key


def test_the_moments_and_the_present_differ(story) -> None:
    """Else the comparison above would hold for a replay that shows the present."""
    place, kept = story
    now_shown = shown(place.engine, place, AFTERWARDS)
    first, second, third, last = (kept[moment] for moment in MOMENTS)
    assert first["down_mean_mbps"] is None
    assert first["incident_count"] != second["incident_count"]
    assert second["call_to_arrival_p90 map"] != third["call_to_arrival_p90 map"]
    assert third["beds_per_1000 city"] != last["beds_per_1000 city"]
    assert first["residents city"] == last["residents city"]
    assert first["alerts"] != third["alerts"]
    assert {row["case_state"] for row in third["alerts"]} > {"assigned"}
    assert now_shown["freshness"].load_id == last["freshness"].load_id


def test_between_two_moments_the_earlier_one_is_shown(story) -> None:
    place, kept = story
    then = open_as_of(place.engine, MOMENTS[2] - timedelta(seconds=1))
    with replaying(MOMENTS[2] - timedelta(seconds=1)):
        found = indicator_shown(then, place, "within_target_share")
    assert found == {key: kept[MOMENTS[1]][key] for key in found}


def test_the_map_is_served_under_an_address_of_its_own(story) -> None:
    place, kept = story
    app = FastAPI()
    add_problem_handlers(app)
    serve_layers(app, LayerContext(place.engine, place.city, place.folder))
    client = TestClient(app)
    with replaying(MOMENTS[1]):
        then = open_as_of(place.engine, MOMENTS[1])
        version = read_build(then, CHANGCHUN, "call_to_arrival_p90").version
        period = latest_period(then, place.city, "call_to_arrival_p90")
    layer = values_address("call_to_arrival_p90", "all", "{}", period, 7)
    assert version.startswith(f"at{int(MOMENTS[1].timestamp())}-")
    answered = client.get(layer.format(version))
    assert answered.status_code == 200
    assert answered.content == kept[MOMENTS[1]]["call_to_arrival_p90 map"]
    assert client.get(layer.format(version.partition("-")[2])).status_code == 404
    present = read_build(place.engine, CHANGCHUN, "call_to_arrival_p90").version
    now_served = client.get(layer.format(present))
    assert now_served.status_code == 200
    assert now_served.content != answered.content
    ahead = client.get(layer.format("at1900000000-1"))
    assert (ahead.status_code, ahead.json()["detail"][-16:]) == (404, "has not come yet")


def test_a_replay_cannot_write(story) -> None:
    place, _ = story
    then = open_as_of(place.engine, MOMENTS[0])
    for writing in ("DELETE FROM load", "DELETE FROM ops.load", "CREATE TABLE replay.x ()"):
        with then.connect() as connection, pytest.raises(DBAPIError, match="read-only"):
            connection.execute(text(writing))


def counted(connection: Connection) -> set[int]:
    """Return how many calls there are, asked in every way in which the program asks."""
    plain = "SELECT count(*) FROM incident"
    by_ibis = str(ibis.to_sql(record_table("incident").count(), dialect="postgres"))
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY ({plain}) TO STDOUT") as rows:
        copied = int(b"".join(bytes(row) for row in rows))
    frame = read_frame(connection, select(func.count()).select_from(incident), {"n": pl.Int64})
    return {
        connection.execute(select(func.count()).select_from(incident)).scalar_one(),
        connection.execute(text(plain)).scalar_one(),
        connection.exec_driver_sql(by_ibis).scalar_one(),
        driver.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("incident")))
        .fetchone()[0],
        copied,
        frame.item(),
    }  # fmt: skip


def test_every_way_of_asking_sees_the_moment(story) -> None:
    place, _ = story
    numbers = []
    for engine in (*(open_as_of(place.engine, each) for each in MOMENTS[:3]), place.engine):
        with engine.connect() as connection:
            (number,) = counted(connection)
            numbers.append(number)
    assert numbers == [270, 305, 345, 345]  # corrections are records too


def test_a_text_that_looks_like_a_table_comes_back_untouched(story) -> None:
    place, _ = story
    said = 'FROM ops.incident, "ops"."state" and replay.load'
    with open_as_of(place.engine, MOMENTS[1]).connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        in_text = said.replace("'", "''")
        assert connection.execute(text(f"SELECT '{in_text}'")).scalar_one() == said
        assert connection.execute(select(literal(said))).scalar_one() == said
        assert connection.execute(select(literal_column(f"'{in_text}'"))).scalar_one() == said
        assert driver.execute("SELECT %s::text", [said]).fetchone() == (said,)
        with driver.cursor() as cursor, cursor.copy(f"COPY (SELECT '{in_text}') TO STDOUT") as rows:
            assert b"".join(bytes(row) for row in rows).decode().strip() == said


def test_moments_and_the_present_keep_their_connections_apart(story) -> None:
    """At once and in turn, after commits, rollbacks and errors; from the pool and without one."""
    place, _ = story
    engines = [place.engine, *(open_as_of(place.engine, each) for each in MOMENTS)]
    expected = [345, 270, 305, 345, 345]

    def ask(turn: int) -> bool:
        number = turn % len(engines)
        with engines[number].connect() as connection:
            before = counted(connection)
            if turn % 3 == 0:
                with pytest.raises(DBAPIError):
                    connection.execute(text("SELECT FROM nowhere"))
            connection.rollback()
            return before == counted(connection) == {expected[number]}

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(60)))
    with place.engine.connect() as connection:
        path = connection.execute(text("SHOW search_path")).scalar_one()
        assert path.split(", ")[0] == "ops"
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "off"
        connection.execute(text("UPDATE load SET file = file"))
        connection.rollback()


def test_what_has_no_view_is_not_there_rather_than_of_the_present(story) -> None:
    place, _ = story
    with open_as_of(place.engine, MOMENTS[1]).connect() as connection:
        assert connection.execute(text("SHOW search_path")).scalar_one().startswith("replay, ")
        with pytest.raises(DBAPIError, match='"state_past" does not exist'):
            connection.execute(text("SELECT FROM state_past"))


def test_moments_that_cannot_be_shown_say_why(story, monkeypatch) -> None:
    place, _ = story
    monkeypatch.setenv("OCC_NOW", AFTERWARDS.isoformat())
    with pytest.raises(FutureError, match="2026-11-21 04:00:00 UTC has not come yet"):
        open_as_of(place.engine, AFTERWARDS + timedelta(days=1))
    with pytest.raises(BeforeFirstLoadError, match="nothing was loaded by 2026-10-04"):
        open_as_of(place.engine, MOMENTS[0] - timedelta(days=1))


def test_what_is_long_past_is_forgotten_and_the_rest_stays(story) -> None:
    place, kept = story
    with place.engine.begin() as connection:
        assert delete_history_before(connection, MOMENTS[1]) == 0
        assert delete_history_before(connection, MOMENTS[3]) > 0  # what the corrections replaced
        left = connection.execute(text("SELECT count(*) FROM ops.state_past")).scalar_one()
    assert left > 0
    for moment in MOMENTS[:2]:
        with pytest.raises(ForgottenError, match="are not kept any more"):
            open_as_of(place.engine, moment)
    then = open_as_of(place.engine, MOMENTS[2])
    with replaying(MOMENTS[2]):
        found = indicator_shown(then, place, "call_to_arrival_p90")
    assert found == {key: kept[MOMENTS[2]][key] for key in found}
