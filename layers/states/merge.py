"""Updates the kept states to those just computed: only rows that differ are written."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from geodata.tables import SCHEMA
from layers.states.state import KEYS, STATE_SCHEMA, STORED_ORDER
from layers.states.write import FRESH, KEPT, Scope, within

PAST = f"{SCHEMA}.state_past"
_COLUMNS = (*STATE_SCHEMA, "measure")
_VALUES = tuple(name for name in _COLUMNS if name not in KEYS)
_ROW = ("indicator", "build_id", *_COLUMNS)


@dataclass
class Written:
    """Counts of what changed in the kept states; summed over the measures of an indicator."""

    computed: int = 0
    written: int = 0
    added: int = 0
    removed: int = 0
    changed: list[datetime] = field(default_factory=list)  # first and last step, of each change

    @property
    def is_nothing(self) -> bool:
        """Return whether no state changed."""
        return not (self.written or self.removed)


def merge_fresh(connection: Connection, scope: Scope, written: Written) -> None:
    """Update the kept states of the scope to the fresh ones, writing only what differs.

    Rows that are replaced or removed go to the history, with the build that did it. It is one
    statement, so that the two tables are read and compared once; its parts write different rows.
    """
    among, gone, values = _where(scope)
    fresh, kept = (", ".join(f"{alias}.{name}" for name in _VALUES) for alias in "fs")
    update = ", ".join(f"{name} = excluded.{name}" for name in ("build_id", *_VALUES))
    statement = f"""
        WITH differs AS MATERIALIZED (
            SELECT s.place, {_as("s", "old")}, {_as("f", "new")}
            FROM (SELECT ctid AS place, {_names()} FROM {KEPT} WHERE {among}) s
            FULL JOIN {FRESH} f USING ({", ".join(KEYS)})
            WHERE CASE WHEN f.indicator IS NULL THEN {gone}
                ELSE s.indicator IS NULL OR ({fresh}) IS DISTINCT FROM ({kept}) END
        ),
        past AS (
            INSERT INTO {PAST} ({_names()}, replaced_by)
            SELECT {_names("old_")}, {scope.build_id} FROM differs WHERE old_indicator IS NOT NULL
        ),
        gone AS (
            DELETE FROM {KEPT} k USING differs
            WHERE k.ctid = differs.place AND new_indicator IS NULL
        ),
        written AS (
            INSERT INTO {KEPT} ({_names()})
            SELECT {_names("new_")} FROM differs WHERE new_indicator IS NOT NULL
            ORDER BY {", ".join(f"new_{name}" for name in STORED_ORDER)}
            ON CONFLICT (indicator, {", ".join(STORED_ORDER)}) DO UPDATE SET {update}
        )
        SELECT count(new_indicator) AS written,
            count(*) FILTER (WHERE old_indicator IS NULL) AS added,
            count(*) FILTER (WHERE new_indicator IS NULL) AS removed,
            min(coalesce(new_starts_at, old_starts_at)) AS first,
            max(coalesce(new_starts_at, old_starts_at)) AS last
        FROM differs
    """  # noqa: S608
    done = connection.execute(text(statement), values).one()
    written.written += done.written
    written.added += done.added
    written.removed += done.removed
    written.changed += [at for at in (done.first, done.last) if at]


def remove_states(
    connection: Connection, indicator: str, replaced_by: int, measures: int = 0
) -> int:
    """Move the states of the measures from a position on to the history; return their number.

    `replaced_by` is the build from which on they no longer exist.
    """
    statement = f"""
        WITH gone AS (
            DELETE FROM {KEPT} WHERE indicator = :indicator AND measure >= :measures
            RETURNING {_names()}
        )
        INSERT INTO {PAST} ({_names()}, replaced_by) SELECT {_names()}, :replaced_by FROM gone
    """  # noqa: S608
    values = {"indicator": indicator, "measures": measures, "replaced_by": replaced_by}
    return connection.execute(text(statement), values).rowcount


def has_states(connection: Connection, indicator: str) -> bool:
    """Return whether any state of the indicator is kept."""
    found = text(f"SELECT EXISTS (SELECT FROM {KEPT} WHERE indicator = :indicator)")  # noqa: S608
    return bool(connection.execute(found, {"indicator": indicator}).scalar_one())


def _names(prefix: str = "") -> str:
    """Return the columns of a row of states."""
    return ", ".join(f"{prefix}{name}" for name in _ROW)


def _as(alias: str, prefix: str) -> str:
    return ", ".join(f"{alias}.{name} AS {prefix}_{name}" for name in _ROW)


def _where(scope: Scope) -> tuple[str, str, dict[str, Any]]:
    """Return which kept rows are compared, and which of them go if there is no fresh one.

    A fresh row replaces a kept row of the same key even if another measure wrote it.
    """
    among, gone = ["indicator = :indicator"], ["s.measure = :measure"]
    values: dict[str, Any] = {"indicator": scope.indicator, "measure": scope.measure}
    if scope.spans is not None:
        among.append(f"({within('starts_at', scope.spans, values)})")
    if scope.components is not None:
        gone.append("s.component = ANY(:components)")
        values["components"] = list(scope.components)
    return " AND ".join(among), " AND ".join(gone), values
