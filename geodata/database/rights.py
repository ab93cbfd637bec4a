"""What each role may do in a database: policies, ownership and grants, made after the migrations.

They are stated as a whole and applied where they differ from what was applied last: after a
migration, for roles made anew, by a program that decides otherwise.
"""

from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from geodata.database.gis_functions import GIS_SCHEMA, function_statements
from geodata.database.replay_views import REPLAY_SCHEMA, replayed_tables
from geodata.database.roles import Roles, find_roles
from geodata.database.row_rights import policy_statements
from geodata.tables import SCHEMA, metadata
from geodata.tables.published import PUBLISHED
from geodata.tables.rights import APPEND_ONLY, READER_ADDS, Rows, reader_rows

RIGHTS_SCHEMA = "rights"
SCHEMAS = (SCHEMA, PUBLISHED, REPLAY_SCHEMA, RIGHTS_SCHEMA, GIS_SCHEMA)
_CHANGES = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES"


def apply_rights(connection: Connection, *, is_changed: bool) -> bool:
    """Apply the rights if they differ from the last applied, or `is_changed`; return whether.

    Without the roles, only policies and functions are made: the one role there is owns everything.
    """
    roles = find_roles(connection)
    statements = [*policy_statements(), *function_statements()]
    if roles is not None:
        statements += _ownership(connection, roles) + _grants(roles)
    digest = _digest(connection, [*policy_statements(), *function_statements()], roles)
    if not is_changed and digest == _applied(connection):
        return False
    driver: Any = connection.connection.driver_connection
    for statement in [*statements, f"COMMENT ON SCHEMA {RIGHTS_SCHEMA} IS '{digest}'"]:
        driver.execute(statement)
    return True


def owns_everything(connection: Connection) -> bool:
    """Return whether all of the program's schemas belongs to the current role, or to its roles.

    It does not in a database that somebody else made, or restored.
    """
    found = text(
        "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p', 'v') "
        "AND NOT pg_has_role(current_user, c.relowner, 'MEMBER'))"
    )
    return bool(connection.execute(found, {"schemas": list(SCHEMAS)}).scalar_one())


def _digest(connection: Connection, statements: list[str], roles: Roles | None) -> str:
    """Return a digest of the rights and of the very roles they are given to."""
    stated = list(statements)
    if roles is not None:
        named = text("SELECT oid FROM pg_roles WHERE rolname = ANY(:names) ORDER BY oid")
        names = [roles.writer, roles.reader, roles.public]
        stated += _grants(roles)
        stated += map(str, connection.execute(named, {"names": names}).scalars())
    return sha256("\n".join(stated).encode()).hexdigest()


def _applied(connection: Connection) -> str | None:
    said = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")
    found: str | None = connection.execute(said, {"name": RIGHTS_SCHEMA}).scalar_one()
    return found


def _ownership(connection: Connection, roles: Roles) -> list[str]:
    """Return what gives the writer the tables and views that it fills, but not the records of acts.

    A new owner needs the right to create in the schema, if only for the moment.
    """
    found = text(
        "SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE (n.nspname = :tables AND c.relkind IN ('r', 'p') AND c.relname <> ALL(:others)) "
        "OR (n.nspname = :views AND c.relkind = 'v') ORDER BY n.nspname, c.relname"
    )
    names = {"tables": SCHEMA, "views": PUBLISHED, "others": ["alembic_version", *APPEND_ONLY]}
    moved = [
        f'ALTER TABLE {row.nspname}."{row.relname}" OWNER TO "{roles.writer}"'
        for row in connection.execute(found, names)
        if row.owner != roles.writer
    ]
    allowed = f'CREATE ON SCHEMA {SCHEMA} TO "{roles.writer}"'
    return [
        f"GRANT {allowed}",
        f'GRANT CREATE ON SCHEMA {PUBLISHED} TO "{roles.writer}"',
        *moved,
        f'REVOKE CREATE ON SCHEMA {SCHEMA} FROM "{roles.writer}"',
    ]


def _grants(roles: Roles) -> list[str]:
    writer, reader, public = (f'"{each}"' for each in (roles.writer, roles.reader, roles.public))
    readers = f"{reader}, {public}"
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {readers}",
        f"REVOKE ALL ON SCHEMA {SCHEMA}, {RIGHTS_SCHEMA}, {REPLAY_SCHEMA} FROM {readers}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {writer}, {reader}",
        f"GRANT USAGE ON SCHEMA {PUBLISHED} TO {writer}, {readers}",
        f"GRANT USAGE ON SCHEMA {GIS_SCHEMA} TO {readers}",
        f"GRANT USAGE ON SCHEMA {RIGHTS_SCHEMA} TO {writer}",
        f"GRANT SELECT ON {RIGHTS_SCHEMA}.row_key TO {writer}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {RIGHTS_SCHEMA} TO {writer}",
        f"GRANT SELECT ON {SCHEMA}.alembic_version TO {writer}, {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {PUBLISHED} TO {readers}",
        # what is made later: by a publication, by a migration
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {PUBLISHED} "
        f"GRANT SELECT ON TABLES TO {readers}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {PUBLISHED} GRANT SELECT ON TABLES TO {readers}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT {_CHANGES} ON TABLES TO {writer}",
        *_table_grants(writer, reader),
    ]


def _table_grants(writer: str, reader: str) -> list[str]:
    tables = {table.name for table in metadata.sorted_tables}
    readable = sorted(each for each in tables if reader_rows(each) != Rows.NONE)
    replayed = sorted(each for each in replayed_tables() if each in readable)
    adding = [f"{SCHEMA}.{each}" for each in READER_ADDS]
    acts = [f"{SCHEMA}.{each}" for each in APPEND_ONLY]
    return [
        f"GRANT SELECT ON {', '.join(f'{SCHEMA}.{each}' for each in readable)} TO {reader}",
        f"GRANT INSERT ON {', '.join(adding)} TO {reader}",
        f"REVOKE ALL ON {', '.join(acts)} FROM {writer}",
        f"GRANT SELECT, INSERT ON {', '.join(acts)} TO {writer}",
        f"GRANT USAGE ON SCHEMA {REPLAY_SCHEMA} TO {reader}",
        f"GRANT SELECT ON {', '.join(f'{REPLAY_SCHEMA}.{each}' for each in replayed)} TO {reader}",
    ]
