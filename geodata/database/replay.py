"""The database as it was known at a moment: the same tables, read through views, and nothing else.

Schema `replay` has a view under the name of every table. `occ.at`, a setting of the session, says
as of when; a connection of `open_as_of` carries it, finds the views in place of the tables, and
cannot write. All moments share a few connections, each told its moment whenever it is taken: who
asks for a thousand moments takes no more of the server than who asks for one. No statement names a
schema, so whatever reads the present reads the past, by the same code; schema `ops` is named here
alone, for what the views are made of.
"""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, Table, event, text
from sqlalchemy.engine import Connection

from geodata.clock import now
from geodata.database.engine import POOL_WAIT_S, make_engine
from geodata.database.row_rights import condition, show_same_rows
from geodata.database.work import follow_work
from geodata.errors import NotFoundError, RequestError
from geodata.tables import SCHEMA, metadata, state, state_build

REPLAY_SCHEMA = "replay"
REPLAY_CONNECTIONS = 6  # of a process: a replay is read by few, and its views cost
REPLAY_STATEMENT_S = 30
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_MOMENT = "occ_at"  # the option of an engine that carries its moment
_LOCK_KEY = 7_305_011_001  # any fixed number: two that make the views take turns on it
_AT = "current_setting('occ.at')::timestamptz"
_LATER = f"(SELECT load_id FROM {SCHEMA}.load WHERE finished_at > {_AT})"  # noqa: S608
# kept for the present only
_NOTHING = (
    "alert_watch", "build_failure", "counted_load", "live_position", "vehicle_position",
    "audit_entry", "device_token", "sign_in_attempt", "user_account", "user_session",  # nobody's
)  # fmt: skip
_WITHIN = ("state_past", "state_build_past")  # read through `state` and `state_build`


class FutureError(NotFoundError):
    """The moment has not come yet."""


class MomentError(RequestError):
    """No program was there at such a time."""


class BeforeFirstLoadError(NotFoundError):
    """Nothing had been loaded by then."""


class ForgottenError(NotFoundError):
    """What was shown then is not kept any more."""


def open_as_of(engine: Engine, at: datetime) -> Engine:
    """Return an engine on which everything is as it was known at an instant, to the second.

    What also depends on the time of day, such as what is stale, needs the clock of then as well:
    `geodata.clock.replaying`.

    Raises:
        MomentError: it is no time of this age.
        FutureError: the instant has not come.
        BeforeFirstLoadError: nothing had been loaded.
        ForgottenError: states of then are not kept any more.
    """
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise MomentError(f"the year of a moment is from {_FIRST_YEAR} to {_LAST_YEAR}")
    at = at.astimezone(UTC).replace(microsecond=0)
    if at > now():
        raise FutureError(f"{at:%Y-%m-%d %H:%M:%S} UTC has not come yet")
    _ensure_views(engine)
    told = {_MOMENT: at.isoformat(timespec="seconds")}
    then = _engine(engine).execution_options(**told)
    with then.connect() as connection:
        if connection.execute(text("SELECT NOT EXISTS (SELECT FROM load)")).scalar_one():
            raise BeforeFirstLoadError(f"nothing was loaded by {at:%Y-%m-%d %H:%M:%S} UTC")
    with engine.connect() as connection:
        if connection.execute(text(_FORGOTTEN), {"at": at}).scalar_one():
            raise ForgottenError(f"states of {at:%Y-%m-%d %H:%M:%S} UTC are not kept any more")
    return then


@lru_cache(maxsize=8)
def _engine(present: Engine) -> Engine:
    """Return the engine of all moments beside one of the present, disposed of together with it."""
    timeout_ms = 1000 * REPLAY_STATEMENT_S
    engine = make_engine(
        present.url, REPLAY_SCHEMA,
        f"-c default_transaction_read_only=on -c statement_timeout={timeout_ms}",
        pool_size=REPLAY_CONNECTIONS, max_overflow=0, pool_timeout=POOL_WAIT_S,
    )  # fmt: skip
    show_same_rows(engine, present)
    follow_work(engine)
    event.listen(engine, "engine_connect", _tell_moment)
    event.listen(present, "engine_disposed", lambda _: engine.dispose())
    return engine


def _tell_moment(connection: Connection) -> None:
    """Set the moment of a connection that was taken; without one the views answer nothing."""
    taken: Any = connection.connection.dbapi_connection
    taken.autocommit = True  # in a transaction, its rollback would take the moment back
    moment = connection.get_execution_options().get(_MOMENT, "")
    taken.execute("SELECT set_config('occ.at', %s, false)", [moment])
    taken.autocommit = False


# The newest build of then that changed anything is neither kept nor in the past.
_FORGOTTEN = """
SELECT EXISTS (
    SELECT FROM (
        SELECT indicator, max(build_id) AS build_id FROM state_change
        WHERE built_at <= :at GROUP BY indicator
    ) newest
    WHERE NOT EXISTS (SELECT FROM state_build b WHERE b.build_id = newest.build_id)
    AND NOT EXISTS (SELECT FROM state_build_past p WHERE p.build_id = newest.build_id)
)
"""


def drop_views(connection: Connection) -> None:
    """Drop the views, which hold on to the tables' columns; the next replay makes them anew."""
    connection.execute(text(f"DROP SCHEMA IF EXISTS {REPLAY_SCHEMA} CASCADE"))


def _ensure_views(engine: Engine) -> None:
    """Make the views where there are none, or those of another version of the program."""
    with engine.connect() as connection:
        if _digest(connection) == _wanted_digest():
            return
    with engine.begin() as connection:
        make_views(connection)


def make_views(connection: Connection) -> bool:
    """Make the views, unless those of this version are there; return whether it did."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    digest = _wanted_digest()
    if _digest(connection) == digest:
        return False
    drop_views(connection)
    for statement in view_statements():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {REPLAY_SCHEMA} IS '{digest}'")
    return True


def _wanted_digest() -> str:
    return sha256("\n".join(view_statements()).encode()).hexdigest()


def _digest(connection: Connection) -> str | None:
    said = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")
    found: str | None = connection.execute(said, {"name": REPLAY_SCHEMA}).scalar_one()
    return found


def view_statements() -> list[str]:
    """Return the DDL of the schema: a view of every table, those that others read first."""
    views = [
        f"CREATE VIEW {REPLAY_SCHEMA}.{name} AS {_query(metadata.tables[name])}"
        for name in replayed_tables()
    ]
    return [f"CREATE SCHEMA {REPLAY_SCHEMA}", *views]


def replayed_tables() -> list[str]:
    """Return the tables that have a view, those that others read first."""
    names = [table.name for table in metadata.sorted_tables if table.name not in _WITHIN]
    return sorted(names, key=lambda name: name != state_build.name)


def _query(table: Table) -> str:
    """Return the query of a table as it was known, of the rows that the reader may see.

    A view reads with its owner's rights, whom no policy binds: it states the same condition.
    """
    rows = condition(table.name)
    then = _query_then(table)
    return then if rows is None else f"SELECT * FROM ({then}) known WHERE {rows}"  # noqa: S608


def _query_then(table: Table) -> str:
    name, columns = table.name, set(table.columns.keys())
    own = f"{SCHEMA}.{name}"
    known = f"load_id NOT IN {_LATER}"
    if name in _OWN:
        return _OWN[name]
    if name in _NOTHING:
        return f"SELECT * FROM {own} WHERE false"  # noqa: S608
    if name in _TIMES:
        return f"SELECT * FROM {own} WHERE {_TIMES[name]} <= {_AT}"  # noqa: S608
    if "retired_by" in columns:
        return f"SELECT {_retiring(table)} FROM {own} WHERE {known}"  # noqa: S608
    where = f" WHERE {known}" if "load_id" in columns else ""
    return f"SELECT * FROM {own}{where}"  # noqa: S608


def _retiring(table: Table) -> str:
    """Return the columns, rows that were retired later being current."""
    current = f"CASE WHEN retired_by IN {_LATER} THEN NULL ELSE retired_by END AS retired_by"
    return ", ".join(
        current if each.name == "retired_by" else f'"{each.name}"' for each in table.columns
    )


def _then(name: str, column: str, decided_at: str) -> str:
    """Return a column that had its present value only once it was decided."""
    return f"CASE WHEN {decided_at} <= {_AT} THEN {column} END AS {name}"


_TIMES = {
    "load": "finished_at",
    "state_change": "built_at",
    "alert": "since_at",
    "alert_change": "changed_at",
}

_BUILD = [each.name for each in state_build.columns]
_BUILD_PAST = [
    {"load_ids": "'{}'::bigint[]", "seen": "NULL::text"}.get(name, name) for name in _BUILD
]
_STATE = ", ".join(f"s.{each.name}" for each in state.columns)
_NEWEST = (
    f"(SELECT indicator, max(build_id) AS build_id FROM {REPLAY_SCHEMA}.state_build "  # noqa: S608
    "GROUP BY indicator) b ON b.indicator = s.indicator"
)

_OWN = {
    "state_build": (
        f"SELECT {', '.join(_BUILD)} FROM {SCHEMA}.state_build WHERE built_at <= {_AT} "  # noqa: S608
        f"UNION ALL SELECT {', '.join(_BUILD_PAST)} FROM {SCHEMA}.state_build_past "
        f"WHERE built_at <= {_AT} AND replaced_at > {_AT}"
    ),
    # the build's number decides, not the time: of a row and its successor exactly one is there
    "state": (
        f"SELECT {_STATE} FROM {SCHEMA}.state s JOIN {_NEWEST} "  # noqa: S608
        "WHERE s.build_id <= b.build_id "
        f"UNION ALL SELECT {_STATE} FROM {SCHEMA}.state_past s JOIN {_NEWEST} "
        "WHERE s.build_id <= b.build_id AND s.replaced_by > b.build_id"
    ),
    "event_candidate": (
        "SELECT candidate_id, first_source, first_record_id, second_source, second_record_id, "  # noqa: S608
        f"distance_m, gap_s, CASE WHEN decided_at <= {_AT} THEN state ELSE 'open' END AS state, "
        f"found_at, {_then('decided_at', 'decided_at', 'decided_at')}, "
        f"{_then('decided_by', 'decided_by', 'decided_at')}, "
        f"{_then('load_id', 'load_id', 'decided_at')} "
        f"FROM {SCHEMA}.event_candidate WHERE found_at <= {_AT}"
    ),
    # how far a source was is told by its loads; whether a poll failed is not kept
    "live_source": (
        "SELECT s.source, s.kind, s.expected_s, s.followed_since, max(l.finished_at) AS polled_at, "  # noqa: S608
        "max(l.event_to) AS last_event_at, NULL::text AS message, "
        "max(l.finished_at) FILTER (WHERE l.event_to IS NOT NULL) AS heard_at "
        f"FROM {SCHEMA}.live_source s JOIN {SCHEMA}.load l ON l.source = s.source "
        f"WHERE l.status = 'loaded' AND l.finished_at <= {_AT} "
        "GROUP BY s.source, s.kind, s.expected_s, s.followed_since"
    ),
}
