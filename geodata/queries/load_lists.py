"""Loads and rejected rows as the command line lists them."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from geodata.tables import load, rejected_row


class NewestLoad(NamedTuple):
    """When a source was last loaded, and its latest event then known."""

    finished_at: datetime | None
    event_to: datetime | None


def read_newest_loads(engine: Engine) -> dict[str, NewestLoad]:
    """Return the newest load of each source that has one."""
    c = load.c
    statement = (
        select(c.source, func.max(c.finished_at), func.max(c.event_to))
        .where(c.status == "loaded")
        .group_by(c.source)
    )
    with engine.connect() as connection:
        return {source: NewestLoad(*rest) for source, *rest in connection.execute(statement)}


def read_load_rows(engine: Engine, limit: int) -> list[tuple[Any, ...]]:
    """Return the newest loads, newest first: load, finished, source, file, status, counts, message.

    The counts are rows, rows loaded, rows rejected and records.
    """
    c = load.c
    statement = (
        select(
            c.load_id, c.finished_at, c.source, c.file, c.status,
            c.rows_in, c.rows_loaded, c.rows_rejected, c.records, c.message,
        )
        .order_by(c.load_id.desc())
        .limit(limit)
    )  # fmt: skip
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def count_rejected(engine: Engine, load_id: int | None, limit: int) -> list[tuple[Any, ...]]:
    """Return load, file, field, reason and how many rows: of one load, or of all."""
    c = rejected_row.c
    statement = (
        select(c.load_id, c.file, c.field, c.reason, func.count())
        .group_by(c.load_id, c.file, c.field, c.reason)
        .order_by(c.load_id, func.count().desc())
        .limit(limit)
    )
    if load_id is not None:
        statement = statement.where(c.load_id == load_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def read_rejected(engine: Engine, load_id: int | None, limit: int) -> list[tuple[Any, ...]]:
    """Return load, row, field, reason and the row itself: of one load, or of all."""
    c = rejected_row.c
    statement = (
        select(c.load_id, c.row_number, c.field, c.reason, c.raw)
        .order_by(c.load_id, c.row_number)
        .limit(limit)
    )
    if load_id is not None:
        statement = statement.where(c.load_id == load_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]
