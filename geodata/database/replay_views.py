"""The views of schema `replay`: what each table held at the moment that `occ.at` says.

Schema `ops` is named here alone, for what the views are made of. They are made anew by every
version of the program that would make others: a comment on the schema says of which they are.
"""

from hashlib import sha256

from sqlalchemy import Table, text
from sqlalchemy.engine import Connection

from geodata.database.row_rights import condition
from geodata.tables import SCHEMA, metadata, state, state_build

REPLAY_SCHEMA = "replay"
_LOCK_KEY = 7_305_011_001  # any fixed number: two that make the views take turns on it
_AT = "current_setting('occ.at')::timestamptz"
_LATER = f"(SELECT load_id FROM {SCHEMA}.load WHERE finished_at > {_AT})"  # noqa: S608
# kept for the present only
_NOTHING = (
    "alert_watch", "build_failure", "counted_load", "live_position", "vehicle_position",
    "audit_entry", "device_token", "sign_in_attempt", "user_account", "user_session",  # nobody's
)  # fmt: skip
_WITHIN = ("state_past", "state_build_past")  # read through `state` and `state_build`


def drop_views(connection: Connection) -> None:
    """Drop the views, which hold on to the tables' columns; the next replay makes them anew."""
    connection.execute(text(f"DROP SCHEMA IF EXISTS {REPLAY_SCHEMA} CASCADE"))


def make_views(connection: Connection) -> bool:
    """Make the views, unless those of this version are there; return whether it did."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    if are_current(connection):
        return False
    drop_views(connection)
    for statement in view_statements():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {REPLAY_SCHEMA} IS '{_wanted_digest()}'")
    return True


def are_current(connection: Connection) -> bool:
    """Return whether the views are those of this version of the program."""
    return _digest(connection) == _wanted_digest()


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
