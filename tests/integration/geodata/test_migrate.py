"""The migrations give exactly the tables that the program declares."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.engine import URL, Connection

from geodata.database.engine import connect
from geodata.database.migrate import FOLDER, current_revision, upgrade
from geodata.database.replay_views import drop_views
from geodata.errors import DatabaseError
from geodata.tables import SCHEMA, metadata

NEWEST = ScriptDirectory(str(FOLDER)).get_current_head()


def differences(connection: Connection, declared: MetaData) -> list[object]:
    """What Alembic would still change to make the database as declared."""
    assert connection.dialect.default_schema_name == SCHEMA  # which the declared tables lie in
    options = {
        "include_name": lambda name, *_: name != "spatial_ref_sys",  # PostGIS's own
        "compare_server_default": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, declared)


def test_migrations_and_tables_do_not_differ(engine: Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection, metadata) == []


def test_the_comparison_sees_columns_types_and_indexes(engine: Engine) -> None:
    with engine.connect() as connection:
        drop_views(connection)  # they hold on to the columns
        connection.execute(text("ALTER TABLE ops.incident DROP COLUMN category"))
        connection.execute(text("ALTER TABLE ops.incident ALTER cell TYPE text"))
        connection.execute(text("DROP INDEX ops.ix_facility_geom"))
        kinds = {
            item[0] if isinstance(item, tuple) else item[0][0]
            for item in differences(connection, metadata)
        }
        connection.rollback()
    assert kinds == {"add_column", "modify_type", "add_index"}


def test_every_index_is_in_the_database(engine: Engine) -> None:
    """Alembic skips what it cannot compare (partial predicates); the names are compared here."""
    inspector = inspect(engine)
    for table in metadata.sorted_tables:
        there = {each["name"] for each in inspector.get_indexes(table.name, schema=SCHEMA)}
        assert {index.name for index in table.indexes} <= there
    with engine.connect() as connection:
        partial = connection.execute(
            text(
                "SELECT pg_get_expr(indpred, indrelid) FROM pg_index "
                "WHERE indexrelid = 'ops.uq_incident_current'::regclass"
            )
        ).scalar_one()
    assert partial == "(retired_by IS NULL)"


def test_upgrade_applies_once(create_database: Callable[[], URL]) -> None:
    engine = connect(create_database())
    with engine.connect() as connection:
        assert current_revision(connection) is None
    assert upgrade(engine)[-1] == NEWEST
    assert upgrade(engine) == []
    with engine.connect() as connection:
        assert current_revision(connection) == NEWEST
    engine.dispose()


def test_two_upgrades_at_once_take_turns(create_database: Callable[[], URL]) -> None:
    engine = connect(create_database())
    with ThreadPoolExecutor(2) as pool:
        applied = sorted(pool.map(upgrade, [engine, engine]))
    assert [bool(each) for each in applied] == [False, True]
    engine.dispose()


def test_a_schema_from_the_future_is_refused(create_database: Callable[[], URL]) -> None:
    engine = connect(create_database())
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="9999"):
        upgrade(engine)
    engine.dispose()


def test_a_schema_of_a_newer_program_is_refused_in_one_line(engine: Engine) -> None:
    with engine.begin() as connection:
        was = connection.execute(text("SELECT version_num FROM ops.alembic_version")).scalar_one()
        connection.execute(text("UPDATE ops.alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(DatabaseError, match=f"revision 9999, this program.*up to {NEWEST}"):
            upgrade(engine)
    finally:
        with engine.begin() as connection:
            changed = text("UPDATE ops.alembic_version SET version_num = :was")
            connection.execute(changed, {"was": was})
