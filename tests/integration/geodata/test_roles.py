"""The roles of a database: what each may do, and what it may not, asked of a real server."""

import re

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from geodata.database.engines import Engines
from geodata.database.rights import APPEND_ONLY, SCHEMAS
from geodata.database.row_rights import POLICY, condition
from geodata.tables import SCHEMA, metadata
from geodata.tables.rights import READER_ROWS, Rows

ROLES = ("owner", "writer", "reader", "public")


def values(engine: Engine, statement: str) -> list[object]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement)).scalars())


def refusal(engine: Engine, statement: str) -> str:
    """The sentence by which the server refuses a statement."""
    with pytest.raises(ProgrammingError) as caught, engine.begin() as connection:
        connection.execute(text(statement))
    return str(caught.value.orig).partition("\n")[0]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_a_superuser_or_passes_by_policies(engines: Engines, role: str) -> None:
    engine: Engine = getattr(engines, role)
    name = engine.url.username
    assert str(name).endswith(f"_{role}")
    found = values(
        engine,
        "SELECT (current_user, session_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb)"
        "::text FROM pg_roles WHERE rolname = current_user",
    )
    assert found == [f"({name},{name},f,f,f,f)"]


def test_everything_is_owned_by_owner_or_writer(engines: Engines) -> None:
    owned = values(
        engines.owner,
        "SELECT DISTINCT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n "
        f"ON n.oid = c.relnamespace WHERE n.nspname IN {SCHEMAS}",
    )
    assert set(owned) == {engines.owner.url.username, engines.writer.url.username}
    schemas = values(
        engines.owner,
        f"SELECT DISTINCT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname IN {SCHEMAS}",
    )
    assert schemas == [engines.owner.url.username]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE ops.planted (a int)",
        "CREATE SCHEMA planted",
        "CREATE FUNCTION rights.readable_districts() RETURNS text[] LANGUAGE sql AS 'SELECT 1'",
        "DROP SCHEMA ops CASCADE",
        "UPDATE ops.alert_change SET who = 'somebody else'",
        "DELETE FROM ops.audit_entry",
        "CREATE ROLE planted",
    ],
)
def test_the_writer_is_no_owner_and_changes_no_record_of_acts(
    engines: Engines, statement: str
) -> None:
    assert re.match("permission denied|must be owner|function .* already", refusal(
        engines.writer, statement
    ))  # fmt: skip


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_acts_are_added(engines: Engines, table: str) -> None:
    granted = values(
        engines.owner,
        "SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = "
        f"'{table}' AND grantee = '{engines.writer.url.username}' ORDER BY 1",
    )
    assert granted == ["INSERT", "SELECT"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM incident",
        "UPDATE load SET status = 'held'",
        "INSERT INTO shared_event VALUES ('x')",
        "TRUNCATE state",
        "SELECT * FROM user_account",
        "SELECT * FROM audit_entry",
        "SELECT * FROM rights.row_key",
        "CREATE TABLE ops.planted (a int)",
        "CREATE VIEW published.planted AS SELECT 1 AS a",
        "ALTER TABLE incident DISABLE ROW LEVEL SECURITY",
        "SET ROLE {writer}",
        "SELECT rights.set_indexes_aside('incident')",
        "SELECT query FROM pg_stat_activity",
    ],
)
def test_the_reader_only_reads(engines: Engines, statement: str) -> None:
    named = statement.format(writer=engines.writer.url.username)
    if "pg_stat_activity" in statement:  # of others' queries it is told nothing
        assert {"<insufficient privilege>", "", None} >= set(
            values(engines.reader, f"{named} WHERE usename <> current_user")
        )
        return
    assert re.match("permission denied|must be owner", refusal(engines.reader, named))


def test_the_public_reader_sees_the_published_schema_and_nothing_else(engines: Engines) -> None:
    public = engines.public
    tables = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n " \
        "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname " \
        f"IN {SCHEMAS}"  # fmt: skip
    readable = values(public, f"{tables} AND has_schema_privilege(n.oid, 'USAGE') "
                      "AND has_table_privilege(c.oid, 'SELECT')")  # fmt: skip
    assert readable
    assert {str(each).partition(".")[0] for each in readable} == {"published"}
    for name in readable:
        values(public, f"SELECT count(*) FROM {name}")
    others = [each for each in values(engines.owner, tables) if each not in readable]
    assert len(others) > 100
    for name in others:
        assert "permission denied" in refusal(public, f"SELECT * FROM {name}")


@pytest.mark.parametrize(
    "statement",
    [
        "SET TRANSACTION READ WRITE; CREATE TABLE published.planted (a int)",
        "SET TRANSACTION READ WRITE; CREATE FUNCTION published.planted() "
        "RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT rights.readable_districts()",
        "SELECT rights.set_indexes_aside('incident')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SET ROLE {reader}",
    ],
)
def test_the_public_reader_makes_nothing_and_becomes_nobody(
    engines: Engines, statement: str
) -> None:
    named = statement.format(reader=engines.reader.url.username)
    assert re.match("permission denied|must be", refusal(engines.public, named))


def test_the_public_reader_is_cut_off_and_reads_only(engines: Engines) -> None:
    assert values(engines.public, "SHOW statement_timeout") == ["20s"]
    assert values(engines.public, "SHOW default_transaction_read_only") == ["on"]


@pytest.fixture(scope="module")
def policies(engines: Engines) -> set[object]:
    return set(values(engines.owner, "SELECT tablename FROM pg_policies WHERE schemaname = 'ops'"))


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_is_decided(engines: Engines, policies: set[object], table: str) -> None:
    assert table in READER_ROWS, f"say in geodata/tables/rights.py who reads {table}"
    rows = READER_ROWS[table]
    assert (table in policies) == (condition(table) is not None)
    may_read = values(engines.reader, f"SELECT has_table_privilege('{SCHEMA}.{table}', 'SELECT')")
    assert may_read == [rows != Rows.NONE]
    enforced = values(engines.owner, "SELECT relrowsecurity FROM pg_class WHERE oid = "
                      f"'{SCHEMA}.{table}'::regclass")  # fmt: skip
    assert enforced == [condition(table) is not None]


def test_every_policy_is_one_that_is_declared(engines: Engines) -> None:
    names = values(engines.owner, "SELECT DISTINCT policyname FROM pg_policies")
    assert names == [POLICY]


def test_the_database_holds_no_table_that_is_not_declared(engines: Engines) -> None:
    there = set(inspect(engines.owner).get_table_names(schema=SCHEMA))
    assert there == {*metadata.tables, "alembic_version"}


def test_the_writer_fills_tables_as_before(engines: Engines) -> None:
    """COPY past policies, statistics and indexes are the table owner's."""
    with engines.writer.connect() as connection:
        driver = connection.connection.driver_connection
        statement = "COPY rejected_row (load_id, file, reason) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(statement) as copied:
            copied.write(b"")
        for statement in (
            "ANALYZE ops.incident",
            "LOCK TABLE ops.incident IN ACCESS EXCLUSIVE MODE",
            "TRUNCATE ops.incident",
            "SELECT rights.set_indexes_aside('incident')",
            "SELECT rights.build_indexes_set_aside('incident')",
        ):
            connection.execute(text(statement))
        connection.rollback()
