"""Engines: connections to an address, checked for what the program needs of its server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from geodata.database.row_rights import show_same_rows
from geodata.database.work import follow_work
from geodata.errors import DatabaseError, SettingsError
from geodata.tables import SCHEMA

MINIMUM_POSTGRESQL = 13
MINIMUM_POSTGIS = 3
DRIVER = "postgresql+psycopg"
POOL_SIZE = 8  # connections that an engine for answers keeps
POOL_WAIT_S = 10  # for a free connection
SERVER_CONNECTIONS = 32  # more than one client may use at once: see dashboard.limits
SERVER_STATEMENT_S = 30


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which every query sees the same snapshot.

    An answer is read by several queries; a build that commits between two of them would make it
    half old and half new, under an address that never changes its content.
    """
    reader = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with reader as connection, connection.begin():
        yield connection


def connect(url: URL, schema: str = SCHEMA, options: str = "") -> Engine:
    """Return a new engine for an address whose server is reachable, new enough and has PostGIS.

    `schema` is where names without one are found first; `options` are more for its connections.

    Raises:
        DatabaseError: it is not.
    """
    engine = make_engine(url, schema, options)
    try:
        check_server(engine)
    except DatabaseError:
        engine.dispose()
        raise
    return engine


def open_for_answers(
    engine: Engine,
    schema: str = SCHEMA,
    more_options: str = "",
    connections: int = SERVER_CONNECTIONS,
) -> Engine:
    """Return an engine on the same database for the answers of a server.

    `schema` and `more_options` are those of `connect`.

    It has more connections, no statement or open transaction of it lasts for ever, and it follows
    `geodata.database.work`: what is asked for nobody any more is cancelled. It is disposed of
    together with the engine.
    """
    options = (
        f"-c statement_timeout={SERVER_STATEMENT_S}s "
        f"-c idle_in_transaction_session_timeout={2 * SERVER_STATEMENT_S}s {more_options}"
    )
    overflow = connections - POOL_SIZE
    made = make_engine(
        engine.url, schema, options, like=engine,
        pool_size=POOL_SIZE, max_overflow=overflow, pool_timeout=POOL_WAIT_S,
    )  # fmt: skip
    show_same_rows(made, engine)
    follow_work(made)
    return made


def make_engine(
    url: URL, schema: str, options: str = "", like: Engine | None = None, **pool: Any
) -> Engine:
    """Return an engine whose connections have UTC and find names without a schema in `schema`.

    `options` are more of PostgreSQL's for its connections, `pool` are of SQLAlchemy's pool. It is
    disposed of together with the engine that it is made `like`.
    """
    engine = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # of statements, in what the log is told of errors
        connect_args={"options": f"-c timezone=UTC {options}".strip(), "connect_timeout": 10},
        **pool,
    )
    _look_first_in(engine, schema)
    _close_when_disposed(engine, like)
    return engine


def _look_first_in(engine: Engine, schema: str) -> None:
    """Make each new connection of an engine find names without a schema in this one first.

    No statement names the schema of our tables: it is a connection's to say. What the server's
    administrator made the search path stays behind it, since PostGIS may lie anywhere there.
    """

    # first of all: SQLAlchemy then asks which schema is the connection's own
    @event.listens_for(engine, "connect", insert=True)
    def put_first(connection: Any, _: object) -> None:
        connection.autocommit = True  # in a transaction, its rollback would take the path back
        connection.execute(
            "SELECT set_config('search_path', concat_ws(', ', %s::text, "
            "nullif(current_setting('search_path'), '')), false)",
            [schema],
        )
        connection.autocommit = False


def _close_when_disposed(engine: Engine, like: Engine | None) -> None:
    """Close also those connections of an engine that are given back after it was disposed of.

    SQLAlchemy closes the ones that are free then; the others go back to a pool that nobody asks any
    more. The engine is disposed of together with the one that it was made from, where it was.
    """

    @event.listens_for(engine, "connect")
    def keep_pool(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info["pool"] = engine.pool

    @event.listens_for(engine, "checkin")
    def close_late(connection: object, entry: ConnectionPoolEntry) -> None:
        if connection is not None and entry.info.get("pool") is not engine.pool:
            entry.invalidate()

    if like is not None:
        event.listen(like, "engine_disposed", lambda _: engine.dispose())


def database_name(city: str) -> str:
    """Return the name of a city's database: its code, or its folder's name, in plain letters."""
    return re.sub(r"[^a-z0-9_]", "_", city.rstrip("/").rpartition("/")[2].lower())[:63] or "city"


def parse_url(address: str, variable: str = "DATABASE_URL") -> URL:
    """Return a `postgres://`, `postgresql://` or `postgresql+psycopg://` address for psycopg 3.

    `variable` is where it is set.

    Raises:
        SettingsError: it is another kind of address, or none; the password is not repeated.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise SettingsError(f"{variable} is not an address like postgresql://host/name") from error
    if url.drivername not in ("postgres", "postgresql", DRIVER):
        raise SettingsError(f"{variable} must be a postgresql:// address, not {url.drivername}://")
    return url.set(drivername=DRIVER)


def check_server(engine: Engine) -> None:
    """Check versions, and create the extension PostGIS where it is missing and may be created.

    Raises:
        DatabaseError: the server cannot be reached, is too old or lacks PostGIS.
    """
    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
            if _read_postgis_version(connection) is None and number // 10000 >= MINIMUM_POSTGRESQL:
                _create_postgis(connection, where)
            check_versions(number, _read_postgis_version(connection) or "0", where)
    except SQLAlchemyError as error:
        raise DatabaseError(f"cannot use the database {where}: {_first_line(error)}") from error


def check_versions(number: int, postgis: str, where: str) -> None:
    """Check a server's version number (150018 is 15.18) and its PostGIS's version.

    Raises:
        DatabaseError: one is too old.
    """
    if number // 10000 < MINIMUM_POSTGRESQL:
        raise DatabaseError(
            f"{where} is PostgreSQL {number // 10000}; {MINIMUM_POSTGRESQL} or newer is needed"
        )
    if int(postgis.partition(".")[0]) < MINIMUM_POSTGIS:
        raise DatabaseError(f"{where} has PostGIS {postgis}; {MINIMUM_POSTGIS} or newer is needed")


def _read_postgis_version(connection: Connection) -> str | None:
    return connection.execute(
        text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    ).scalar_one_or_none()


def _create_postgis(connection: Connection, where: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public"))
    except DBAPIError as error:
        raise DatabaseError(
            f"{where} lacks PostGIS and it cannot be added: {_first_line(error)}. Ask its "
            "administrator to install it and to run CREATE EXTENSION postgis there"
        ) from error


def _first_line(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).strip().partition("\n")[0]
