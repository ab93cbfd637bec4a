"""Makes the roles of a database, and hands over to them what one role owned before.

Whoever may create roles does this once: the superuser of the private cluster, or the role that
DATABASE_URL names. It changes nothing where all is as it should be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from geodata.database.rights import SCHEMAS
from geodata.database.roles import Roles
from geodata.errors import DatabaseError

PUBLIC_STATEMENT_S = 20  # of what everybody may ask
_LOCK_KEY = 7_305_011_002  # any fixed number: two that make roles take turns on it

Driver = psycopg.Connection[Any]


@contextmanager
def as_administrator(url: URL) -> Iterator[Driver]:
    """Connect to a database with the right to create roles, and take turns with others who do.

    Raises:
        DatabaseError: the connection cannot be made, or something was refused.
    """
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_KEY])
            yield connection
    except psycopg.Error as error:
        where = url.render_as_string(hide_password=True)
        message = str(error).strip().partition("\n")[0]
        raise DatabaseError(f"the roles of {where} cannot be made: {message}") from error


def may_create_roles(connection: Driver) -> bool:
    """Return whether the role connected as may create others."""
    found = connection.execute(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(found and found[0])


def is_superuser(connection: Driver) -> bool:
    """Return whether the role connected as is a superuser."""
    found = connection.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
    return found.fetchone() == (True,)


def missing_roles(connection: Driver, names: list[str]) -> list[str]:
    """Return which of some roles do not exist."""
    there = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [names])
    return sorted(set(names) - {name for (name,) in there})


def make_roles(connection: Driver, roles: Roles, passwords: Roles, owner: str | None) -> None:
    """Create the roles, or give them these passwords; `owner` is one that exists already.

    The server gets each password as it keeps it, so that no log of statements holds one.
    """
    made = dict(zip(astuple(roles), astuple(passwords), strict=True))
    if owner is not None:
        del made[roles.owner]
    for name in missing_roles(connection, list(made)):
        _run(connection, "CREATE ROLE {}", name)
    for name, password in made.items():
        kept = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("ALTER ROLE {} LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(kept)
            )
        )
    _run(connection, "GRANT {} TO {}", roles.writer, owner or roles.owner)
    _run(connection, "ALTER ROLE {} SET default_transaction_read_only = on", roles.public)
    longest = f"{PUBLIC_STATEMENT_S}s"
    _run(connection, f"ALTER ROLE {{}} SET statement_timeout = '{longest}'", roles.public)


def make_database(connection: Driver, roles: Roles, name: str) -> None:
    """Create the owner's database, or make one that exists the owner's; nobody else may enter it.

    For the private cluster, whose other databases are closed to these roles as well.
    """
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
    if found is None:
        _run(connection, "CREATE DATABASE {} OWNER {}", name, roles.owner)
    else:
        _run(connection, "ALTER DATABASE {} OWNER TO {}", name, roles.owner)
    for each in (name, "postgres", "template1"):
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", each)
    _run(connection, "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}",
         name, roles.owner, roles.writer)  # fmt: skip
    _run(connection, "GRANT CONNECT ON DATABASE {} TO {}, {}", name, roles.reader, roles.public)


def hand_over(connection: Driver, roles: Roles, database: str) -> None:
    """Give the owner all that another role made of the program's schemas; for a superuser."""
    _run(connection, "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    _run(connection, "GRANT CREATE, CONNECT, TEMPORARY ON DATABASE {} TO {}", database, roles.owner)
    names = [roles.owner, roles.writer, list(SCHEMAS)]
    moves = connection.execute(_MADE_BY_OTHERS, names).fetchall()
    for statement in moves:
        connection.execute(statement[0])
    if moves and connection.execute("SELECT to_regnamespace('rights')").fetchone() != (None,):
        _run(connection, "COMMENT ON SCHEMA rights IS NULL")  # rights are given anew: see `rights`


def close_statistics(connection: Driver, roles: Roles) -> None:
    """Close the server's statistics to all but owner and writer: they count what was loaded."""
    views = connection.execute(
        "SELECT viewname FROM pg_views WHERE schemaname = 'pg_catalog' AND viewname LIKE 'pg_stat%'"
    ).fetchall()
    for (name,) in views:
        _run(connection, "REVOKE ALL ON pg_catalog.{} FROM PUBLIC", name)
        _run(connection, "GRANT SELECT ON pg_catalog.{} TO {}, {}", name, roles.owner, roles.writer)


# Statements, in an order in which they can be run: functions, relations, then the schemas.
_MADE_BY_OTHERS = """
WITH wanted AS (SELECT %s::text AS owner, %s::text AS writer, %s::text[] AS schemas),
spaces AS (SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace n, wanted w
           WHERE n.nspname = ANY (w.schemas))
SELECT format('ALTER ROUTINE %%s OWNER TO %%I', p.oid::regprocedure, w.owner)
FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace, wanted w
WHERE pg_get_userbyid(p.proowner) <> w.owner
UNION ALL
SELECT format('ALTER %%s %%I.%%I OWNER TO %%I',
              CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, s.nspname, c.relname, w.owner)
FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace, wanted w
WHERE c.relkind IN ('r', 'p', 'v')
  AND pg_get_userbyid(c.relowner) NOT IN (w.owner, w.writer)
UNION ALL
SELECT format('ALTER SCHEMA %%I OWNER TO %%I', s.nspname, w.owner)
FROM spaces s, wanted w WHERE pg_get_userbyid(s.nspowner) <> w.owner
"""


def _run(connection: Driver, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*(sql.Identifier(each) for each in names)))
