"""How far live sources were followed, kept in the transaction that loads what they brought."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from etl.declaration import SourceDeclaration
from etl.realtime.tail import Progress
from geodata.clock import now
from geodata.tables import live_position, live_source


def read_progress(connection: Connection, source: str, file: str) -> Progress:
    """Return how far a file of a source was read; its beginning, if never."""
    c = live_position.c
    statement = select(c.offset_bytes, c.lines, c.mark).where(c.source == source, c.file == file)
    row = connection.execute(statement).one_or_none()
    return Progress(*row) if row else Progress()


def keep_progress(connection: Connection, source: str, file: str, progress: Progress) -> None:
    """Write how far a file of a source was read."""
    values = {
        "offset_bytes": progress.offset,
        "lines": progress.lines,
        "mark": progress.mark,
        "read_at": now(),
    }
    statement = insert(live_position).values(source=source, file=file, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source", "file"], set_=values)
    )


def keep_event(
    connection: Connection, declaration: SourceDeclaration, last_event_at: datetime | None
) -> None:
    """Remember the latest event of a source."""
    _keep(connection, declaration, last_event_at=last_event_at)


def keep_poll(engine: Engine, declaration: SourceDeclaration, message: str | None) -> None:
    """Remember that a source was looked at, and why that failed if it did."""
    with engine.begin() as connection:
        _keep(connection, declaration, polled_at=now(), message=message)


def _keep(connection: Connection, declaration: SourceDeclaration, **facts: object) -> None:
    if declaration.live is None:
        return
    known = {"kind": declaration.live.feed or "records", "expected_s": declaration.live.expected_s}
    statement = insert(live_source).values(source=declaration.key, **known, **facts)
    changes: dict[str, ColumnElement[Any]] = {
        name: statement.excluded[name] for name in (*known, *facts)
    }
    if "last_event_at" in facts:
        changes["last_event_at"] = func.greatest(
            live_source.c.last_event_at, statement.excluded.last_event_at
        )
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=changes))
