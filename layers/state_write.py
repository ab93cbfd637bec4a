"""Writes computed states over the kept ones: only rows that differ, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select, text

from geodata.tables import SCHEMA
from layers.state import KEYS, STATE_SCHEMA
from layers.state_copy import copy_states

KEPT = f"{SCHEMA}.state"
PAST = f"{SCHEMA}.state_past"
FRESH = "fresh_state"
CHOSEN = "chosen_records"
WHOLE_MEMORY = "512MB"  # to group and sort all states of a measure at once; the server's is for all
_COLUMNS = (*STATE_SCHEMA, "measure")
_VALUES = tuple(name for name in _COLUMNS if name not in KEYS)
_ROW = ("indicator", "build_id", *_COLUMNS)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Scope:
    """The states that a computation gives anew: all others stay as they are."""

    indicator: str
    measure: int
    build_id: int
    spans: tuple[Span, ...] | None = None  # None: every step
    components: tuple[str, ...] | None = None  # None: every component


@dataclass(frozen=True)
class Records:
    """The table that a measure counts, and its column with the record's time, where it has one."""

    table: str
    time: str | None


@dataclass
class Written:
    """What changed in the kept states; adds up over the measures of an indicator."""

    computed: int = 0
    written: int = 0
    added: int = 0
    removed: int = 0
    changed: list[datetime] = field(default_factory=list)  # first and last step, of each change

    @property
    def is_nothing(self) -> bool:
        """Tell whether the states are as they were."""
        return not (self.written or self.removed)


def open_fresh(connection: Connection) -> None:
    """Make the session's table for states just computed; it is emptied at every commit."""
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {FRESH} (LIKE {KEPT}) ON COMMIT DELETE ROWS"
    )


def insert_query(
    connection: Connection, scope: Scope, records: Records, query: str, into: str
) -> int:
    """Let the database compute states into a table; nothing travels. Return how many.

    The query reads `CHOSEN`: the records of the scope's steps.
    """
    if scope.spans is None:
        connection.execute(select(func.set_config("work_mem", WHOLE_MEMORY, True)))
    columns, order = ", ".join(STATE_SCHEMA), ", ".join(KEYS)
    chosen, wanted = "true", "true"
    values: dict[str, Any] = {}
    if scope.spans is not None:
        chosen = _within(str(records.time), scope.spans, values)
    if scope.components is not None:
        wanted, values["components"] = "component = ANY(:components)", list(scope.components)
    statement = (
        f"WITH {CHOSEN} AS NOT MATERIALIZED "  # noqa: S608
        f"(SELECT * FROM {SCHEMA}.{records.table} WHERE {chosen}) "
        f"INSERT INTO {into} (indicator, build_id, measure, {columns}) "
        f"SELECT '{scope.indicator}', {scope.build_id}, {scope.measure}, {columns} "
        # in the order of the primary key, which then grows at one end
        f"FROM ({query.replace(':', chr(92) + ':')}) AS states WHERE {wanted} ORDER BY {order}"
    )
    return connection.execute(text(statement), values).rowcount


def insert_frame(connection: Connection, scope: Scope, frame: pl.DataFrame, into: str) -> int:
    """Append states computed here to a table. Return how many."""
    fixed = {
        "indicator": pl.lit(scope.indicator),
        "build_id": pl.lit(scope.build_id),
        "measure": pl.lit(scope.measure),
    }
    copy_states(connection, into, fixed, frame)
    return frame.height


def merge_fresh(connection: Connection, scope: Scope, written: Written) -> None:
    """Make the kept states of the scope equal to the fresh ones, touching only what differs.

    Rows that are replaced or removed go to the past, with the build that did it.
    """
    connection.exec_driver_sql(f"ANALYZE {FRESH}")
    where, values = _where(scope)
    same_key = " AND ".join(f"f.{name} = s.{name}" for name in KEYS)
    gone = (
        f"DELETE FROM {KEPT} s WHERE {where} "  # noqa: S608
        f"AND NOT EXISTS (SELECT FROM {FRESH} f WHERE {same_key})"
    )
    removed = _change(connection, *_into_past(gone, scope.build_id), values)
    fresh, kept = (", ".join(f"{alias}.{name}" for name in _VALUES) for alias in "fs")
    connection.exec_driver_sql(
        f"INSERT INTO {PAST} ({_names()}, replaced_by) SELECT {_names('s.')}, {scope.build_id} "  # noqa: S608
        f"FROM {FRESH} f JOIN {KEPT} s ON s.indicator = f.indicator AND {same_key} "
        f"WHERE ({fresh}) IS DISTINCT FROM ({kept})"
    )
    update = ", ".join(f"{name} = excluded.{name}" for name in ("build_id", *_VALUES))
    added = _change(
        connection,
        "",
        f"INSERT INTO {KEPT} AS k ({_names()}) SELECT f.indicator, f.build_id, "  # noqa: S608
        f"{', '.join(f'f.{name}' for name in _COLUMNS)} FROM {FRESH} f LEFT JOIN {KEPT} s "
        f"ON s.indicator = f.indicator AND {same_key} "
        f"WHERE s.indicator IS NULL OR ({fresh}) IS DISTINCT FROM ({kept}) "
        f"ORDER BY {', '.join(f'f.{name}' for name in KEYS)} "
        f"ON CONFLICT (indicator, {', '.join(KEYS)}) DO UPDATE SET {update} "
        "RETURNING k.starts_at, CASE WHEN k.xmax = 0 THEN 0 ELSE 1 END AS old",
        {},
    )
    connection.exec_driver_sql(f"DELETE FROM {FRESH}")  # noqa: S608
    written.removed += removed.rows
    written.written += added.rows
    written.added += added.rows - int(added.old or 0)
    written.changed += [at for row in (removed, added) for at in (row.first, row.last) if at]


def remove_states(
    connection: Connection, indicator: str, replaced_by: int, measures: int = 0
) -> int:
    """Put the states of the measures from a position on into the past. Return how many.

    `replaced_by` is the build from which on they are no more.
    """
    gone = f"DELETE FROM {KEPT} s WHERE s.indicator = :indicator AND s.measure >= :measures"  # noqa: S608
    values = {"indicator": indicator, "measures": measures}
    return int(_change(connection, *_into_past(gone, replaced_by), values).rows)


def has_states(connection: Connection, indicator: str) -> bool:
    """Tell whether any state of the indicator is kept."""
    found = text(f"SELECT EXISTS (SELECT FROM {KEPT} WHERE indicator = :indicator)")  # noqa: S608
    return bool(connection.execute(found, {"indicator": indicator}).scalar_one())


def _names(alias: str = "") -> str:
    """Return the columns of a row of states."""
    return ", ".join(f"{alias}{name}" for name in _ROW)


def _into_past(deletion: str, replaced_by: int) -> tuple[str, str]:
    """Return a deletion that keeps what it removes, and what it returns of each row."""
    before = (
        f"gone AS ({deletion} RETURNING {_names('s.')}), "  # noqa: S608
        f"past AS (INSERT INTO {PAST} ({_names()}, replaced_by) "
        f"SELECT {_names()}, {int(replaced_by)} FROM gone), "
    )
    return before, "SELECT starts_at, 1 AS old FROM gone"


def _change(connection: Connection, before: str, statement: str, values: dict[str, Any]) -> Any:
    """Run a statement that returns `starts_at` and `old` of each changed row; return the sums."""
    counted = (
        f"WITH {before}changed AS ({statement}) SELECT count(*) AS rows, "  # noqa: S608
        "sum(old) AS old, min(starts_at) AS first, max(starts_at) AS last FROM changed"
    )
    return connection.execute(text(counted), values).one()


def _where(scope: Scope) -> tuple[str, dict[str, Any]]:
    tests = ["s.indicator = :indicator", "s.measure = :measure"]
    values: dict[str, Any] = {"indicator": scope.indicator, "measure": scope.measure}
    if scope.components is not None:
        tests.append("s.component = ANY(:components)")
        values["components"] = list(scope.components)
    if scope.spans is not None:
        tests.append(f"({_within('s.starts_at', scope.spans, values)})")
    return " AND ".join(tests), values


def _within(column: str, spans: Sequence[Span], values: dict[str, Any]) -> str:
    """Return whether a time lies in one of the spans; an index on it can tell."""
    for number, (first, end) in enumerate(spans):
        values |= {f"first_{number}": first, f"end_{number}": end}
    return " OR ".join(
        f"({column} >= :first_{number} AND {column} < :end_{number})"
        for number in range(len(spans))
    )
