"""Rows by district: who is bound to districts finds no other's record, however it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Connection, text

from geodata.clock import now
from geodata.database.engine import open_for_answers, open_snapshot
from geodata.database.engines import Engines
from geodata.database.replay import open_as_of
from geodata.database.row_rights import read_key, sign
from geodata.errors import NotFoundError, RequestError
from geodata.identity.caller import ANYONE, Caller, Role, asked_by
from geodata.queries.candidates import check_candidate
from geodata.tables.rights import READER_ROWS, Rows
from tests.integration.geodata.conftest import A, B

BOUND = Caller(Role.DUTY, "d", districts=(A,))
WHOLE = Caller(Role.DUTY, "d")
BY_DISTRICT = sorted(name for name, rows in READER_ROWS.items() if rows == Rows.BY_DISTRICT)


@contextmanager
def reading(engines: Engines, caller: Caller) -> Iterator[Connection]:
    with asked_by(caller), engines.reader.connect() as connection:
        yield connection


def districts(connection: Connection, query: str) -> set[object]:
    return set(connection.execute(text(query)).scalars())


@pytest.mark.parametrize("table", BY_DISTRICT)
def test_each_caller_sees_its_own(recorded: Engines, table: str) -> None:
    for caller, seen in (
        (BOUND, {A}),
        (WHOLE, {A, B}),
        (Caller(Role.WALL), {A, B}),
        (Caller(Role.PLANNER, "p", districts=(A, B)), {A, B}),
        (Caller(Role.PLANNER, "p", districts=("no such",)), set()),
        (ANYONE, set()),
        (Caller(Role.KIOSK), set()),
    ):
        with reading(recorded, caller) as connection:
            assert districts(connection, f"SELECT district_id FROM {table}") == seen


WAYS = {
    "join": "SELECT i.district_id FROM load l JOIN incident i USING (load_id)",
    "outer join": "SELECT i.district_id FROM district d RIGHT JOIN incident i USING (district_id)",
    "subquery": "SELECT (SELECT max(district_id) FROM incident WHERE district_id >= d.d)"
    " FROM (VALUES ('n')) d(d) WHERE EXISTS (SELECT FROM incident WHERE district_id >= 'n')",
    "common table": "WITH RECURSIVE t AS MATERIALIZED (SELECT * FROM incident) "
    "SELECT district_id FROM t",
    "schema named": "SELECT district_id FROM ops.incident",
    "only": "SELECT district_id FROM ONLY incident",
    "or true": "SELECT district_id FROM incident WHERE district_id = 'x' OR 1 = 1",
    "union": "SELECT 'none' WHERE false UNION ALL SELECT district_id FROM incident",
    "lateral": "SELECT l.district_id FROM district d, LATERAL "
    "(SELECT district_id FROM incident i WHERE i.district_id = d.district_id OR true) l",
    "cast that tells": "SELECT district_id FROM incident WHERE substr(address, 1, 1)::text <> ''",
    "function": "SELECT (xpath('//district_id/text()', "
    "query_to_xml('SELECT district_id FROM ops.incident', false, false, '')))[1]::text",
    "other setting": "SELECT district_id FROM incident, "
    "(SELECT set_config('occ.districts', '*', true)) s",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_asking_gives_another_districts_rows(recorded: Engines, way: str) -> None:
    with reading(recorded, BOUND) as connection:
        assert districts(connection, WAYS[way]) <= {A, None}


def test_copy_gives_no_other_rows(recorded: Engines) -> None:
    with reading(recorded, BOUND) as connection:
        connection.execute(text("SELECT 1"))
        driver = connection.connection.driver_connection
        for statement in (
            "COPY incident TO STDOUT",
            "COPY (SELECT * FROM incident) TO STDOUT",
        ):
            with driver.cursor() as cursor, cursor.copy(statement) as copied:
                found = b"".join(bytes(each) for each in copied)
            assert A.encode() in found
            assert B.encode() not in found


def test_a_prepared_statement_asks_anew_for_whom_it_is(recorded: Engines) -> None:
    query = "SELECT district_id FROM incident WHERE channel = %s"
    with recorded.reader.connect() as connection:
        driver = connection.connection.driver_connection
        for caller, seen in ((WHOLE, {A, B}), (BOUND, {A}), (ANYONE, set())):
            with asked_by(caller), connection.begin():
                for _ in range(3):
                    rows = driver.execute(query, ["120"], prepare=True).fetchall()
                    assert {each for (each,) in rows} == seen


@pytest.mark.parametrize(
    "statement",
    [
        "RESET occ.districts",
        "RESET ALL",
        "SET occ.districts = '*'",
        "SET LOCAL occ.districts = '*'",
        f"SET LOCAL occ.districts = '{B}'",
        f"SET LOCAL occ.districts = '{'0' * 64}:*'",
        "SET LOCAL occ.districts = ''",
    ],
)
def test_the_setting_cannot_be_set_to_more(recorded: Engines, statement: str) -> None:
    with reading(recorded, BOUND) as connection:
        connection.execute(text(statement))
        assert districts(connection, "SELECT district_id FROM ops.incident") == set()
        connection.rollback()
        assert districts(connection, "SELECT district_id FROM ops.incident") == {A}


def test_a_signature_holds_for_its_districts_alone(recorded: Engines) -> None:
    signed = sign(read_key(recorded.writer), (A,))
    with reading(recorded, ANYONE) as connection:
        said = text("SELECT set_config('occ.districts', :said, true)")
        connection.execute(said, {"said": signed})
        assert districts(connection, "SELECT district_id FROM incident") == {A}
        for changed in (signed.replace(A, "*"), f"{signed},{B}", signed.replace(A, B)):
            connection.execute(said, {"said": changed})
            assert districts(connection, "SELECT district_id FROM incident") == set()


def test_a_connection_given_back_says_nothing(recorded: Engines) -> None:
    with reading(recorded, WHOLE) as connection:
        assert districts(connection, "SELECT district_id FROM incident") == {A, B}
    raw = recorded.reader.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("SELECT count(*) FROM incident")
        assert cursor.fetchall() == [(0,)]
    finally:
        raw.close()


def test_a_connection_of_ones_own_sees_nothing(recorded: Engines) -> None:
    url = recorded.reader.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        found = connection.execute("SELECT count(*) FROM ops.incident").fetchall()
    assert found == [(0,)]


def test_rejected_rows_and_candidates(recorded: Engines) -> None:
    with reading(recorded, BOUND) as connection:
        assert districts(connection, "SELECT count(*) FROM rejected_row") == {0}
        found = districts(connection, "SELECT second_record_id FROM event_candidate")
        assert found == {f"x-{A}"}  # of a pair across the border, one call is another's
    for caller, number in ((BOUND, 2), (BOUND, 3), (ANYONE, 1)):
        with asked_by(caller), pytest.raises(NotFoundError):
            check_candidate(recorded.reader, number)
    with asked_by(BOUND):
        check_candidate(recorded.reader, 1)
    with reading(recorded, WHOLE) as connection:
        assert districts(connection, "SELECT count(*) FROM rejected_row") == {1}
        assert districts(connection, "SELECT count(*) FROM event_candidate") == {3}
    with reading(recorded, ANYONE) as connection:
        assert districts(connection, "SELECT count(*) FROM event_candidate") == {0}


def test_a_snapshot_and_an_engine_for_answers_are_bound_too(recorded: Engines) -> None:
    with asked_by(BOUND), open_snapshot(recorded.reader) as connection:
        assert districts(connection, "SELECT district_id FROM incident") == {A}
    answering = open_for_answers(recorded.reader)
    with asked_by(BOUND), answering.connect() as connection:
        assert districts(connection, "SELECT district_id FROM incident") == {A}
    answering.dispose()


@pytest.mark.parametrize("table", [*BY_DISTRICT, "event_candidate", "rejected_row"])
def test_a_replay_is_bound_too(recorded: Engines, table: str) -> None:
    """Its views read with their owner's rights."""
    seen = {}
    for caller in (BOUND, WHOLE, ANYONE):
        with asked_by(caller):
            then = open_as_of(recorded.reader, now() + timedelta(seconds=-1))
            with then.connect() as connection:
                connection.execute(text("SELECT set_config('occ.at', 'infinity', false)"))
                query = f"SELECT count(*) FROM {table}"
                seen[caller] = connection.execute(text(query)).scalar_one()
    own, whole = {"rejected_row": (0, 1), "event_candidate": (1, 3), "incident": (2, 4)}.get(
        table, (1, 2)
    )
    assert seen == {BOUND: own, WHOLE: whole, ANYONE: 0}


def test_a_district_with_a_comma_cannot_name_two() -> None:
    with pytest.raises(RequestError):
        sign("key", (f"{A},{B}",))


def test_writer_and_owner_read_all(recorded: Engines) -> None:
    for engine in (recorded.writer, recorded.owner):
        with asked_by(ANYONE), engine.connect() as connection:
            assert districts(connection, "SELECT district_id FROM incident") == {A, B}
    with recorded.owner.connect() as connection:
        connection.execute(text("SELECT set_config('occ.at', 'infinity', true)"))
        assert districts(connection, "SELECT district_id FROM replay.incident") == {A, B}
