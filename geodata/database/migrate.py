"""The schema's revisions: static DDL in `geodata/migrations`, applied by Alembic."""

from typing import Any

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from geodata.database.replay_views import drop_views, make_views
from geodata.database.rights import apply_rights
from geodata.errors import DatabaseError
from geodata.settings import ROOT
from geodata.tables import SCHEMA

FOLDER = ROOT / "geodata" / "migrations"
LOCK_KEY = 7_305_011_000  # any fixed number: two upgrades at once take turns on it


def upgrade(engine: Engine, *, give_rights: bool = False) -> list[str]:
    """Bring the schema to the newest revision in one transaction; returns the revisions applied.

    With it the views of replay, and what each role may do: given anew if asked for.

    Raises:
        DatabaseError: the schema is newer than this program, or the role may not change it.
    """
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            before = current_revision(connection)
            pending = _pending(before)
            if pending:
                drop_views(connection)
                _apply(connection)
            is_changed = make_views(connection) or bool(pending) or give_rights
            apply_rights(connection, is_changed=is_changed)
            return pending
    except (DBAPIError, CommandError) as error:
        raise DatabaseError(f"the schema cannot be brought up to date: {error}") from error


def current_revision(connection: Connection) -> str | None:
    """Return the revision that a database is at; None before the first."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def run_ddl(name: str) -> None:
    """Run a file of static DDL that lies beside the revisions; called by them."""
    ddl = (FOLDER / "versions" / name).read_text(encoding="utf-8")
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(ddl)  # as it is: a percent sign stands for itself


def refuse_downgrade() -> None:
    """Refuse a downgrade, which would drop the records themselves."""
    raise NotImplementedError("drop the database instead")


def _pending(current: str | None) -> list[str]:
    """Return the revisions after `current`, oldest first.

    Raises:
        DatabaseError: a newer program made the schema.
    """
    script = ScriptDirectory(str(FOLDER))
    known = {each.revision for each in script.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseError(
            f"the database's schema is of revision {current}, this program knows them up to "
            f"{script.get_current_head()}: it is older than the one that made the schema. Start "
            "the newer program, or restore a backup made before the upgrade"
        )
    return [each.revision for each in script.iterate_revisions("head", current or "base")][::-1]


def _apply(connection: Connection) -> None:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
