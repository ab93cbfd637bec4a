"""Writes computed states into the kept table, or into a temporary one beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select, text

from geodata.queries.counted_events import record_query
from geodata.tables import metadata
from layers.states.copy import copy_states
from layers.states.state import STATE_SCHEMA

KEPT = "state"
FRESH = "fresh_state"
CHOSEN = "chosen_records"
WHOLE_MEMORY = "512MB"  # to group and sort all states of a measure at once
# The order of the key as one number, which sorts in a third of the time: day, component, cell.
_AS_KEPT = """
    (CAST(date_part('epoch', starts_at) AS bigint) / 86400 << 45)
    | (CAST(array_position(CAST(:in_order AS text[]), component) AS bigint) << 37)
    | (cell >> 15 & 137438953471), district_id
"""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Scope:
    """The states that a computation replaces: all others stay as they are."""

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
    components: tuple[str, ...]  # every possible one
    are_events: bool = False  # several rows of the table may tell of one


def open_fresh(connection: Connection) -> None:
    """Create the session's table of fresh states; it is emptied at every commit."""
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {FRESH} (LIKE {KEPT}) ON COMMIT DELETE ROWS"
    )


def empty_fresh(connection: Connection) -> None:
    """Empty the table of fresh states for another measure of the same transaction."""
    connection.exec_driver_sql(f"DELETE FROM {FRESH}")  # noqa: S608


def insert_query(
    connection: Connection, scope: Scope, records: Records, query: str, into: str
) -> int:
    """Insert states computed by the database itself into a table; return their number.

    The query reads `CHOSEN`: the records of the scope's steps.
    """
    if scope.spans is None:
        connection.execute(select(func.set_config("work_mem", WHOLE_MEMORY, True)))
    columns = ", ".join(STATE_SCHEMA)
    chosen, wanted = "true", "true"
    values: dict[str, Any] = {}
    if scope.spans is not None:
        chosen = within(str(records.time), scope.spans, values)
    if scope.components is not None:
        wanted, values["components"] = "component = ANY(:components)", list(scope.components)
    order = ""
    if into == KEPT:  # so that its index grows at one end
        order, values["in_order"] = f"ORDER BY {_AS_KEPT}", sorted(records.components)
    statement = (
        f"WITH {CHOSEN} AS NOT MATERIALIZED "  # noqa: S608
        f"({_chosen(records, chosen)}) "
        f"INSERT INTO {into} (indicator, build_id, measure, {columns}) "
        f"SELECT '{scope.indicator}', {scope.build_id}, {scope.measure}, {columns} "
        f"FROM ({query.replace(':', chr(92) + ':')}) AS states WHERE {wanted} {order}"
    )
    return connection.execute(text(statement), values).rowcount


def _chosen(records: Records, when: str) -> str:
    """Return the query of the records, or of the events they tell, whose time meets a clause."""
    names = [each.name for each in metadata.tables[records.table].columns]
    return record_query(records.table, names, are_events=records.are_events, when=when)


def insert_frame(connection: Connection, scope: Scope, frame: pl.DataFrame, into: str) -> int:
    """Append states of a frame to a table; return their number."""
    fixed = {
        "indicator": pl.lit(scope.indicator),
        "build_id": pl.lit(scope.build_id),
        "measure": pl.lit(scope.measure),
    }
    copy_states(connection, into, fixed, frame)
    return frame.height


def within(column: str, spans: Sequence[Span], values: dict[str, Any]) -> str:
    """Return the clause that a time lies in one of the spans, in a form that can use an index."""
    for number, (first, end) in enumerate(spans):
        values |= {f"first_{number}": first, f"end_{number}": end}
    return " OR ".join(
        f"({column} >= :first_{number} AND {column} < :end_{number})"
        for number in range(len(spans))
    )
