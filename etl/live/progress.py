"""How far live sources were read, stored in the transaction that loads the piece."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, func, select
from sqlalchemy.dialects.postgresql import insert

from etl.live.tail import Progress
from etl.source.live import LiveRule
from geodata.clock import now
from geodata.tables import live_position, live_source


class OvertakenError(Exception):
    """Another process has read on from there meanwhile: this piece is not new."""


@dataclass(frozen=True)
class Advance:
    """The progress of a piece: from where to where it reads a source's file.

    Kept in the transaction that loads the piece, under the source's lock, so of two processes that
    follow the same source only one loads it.
    """

    source: str
    file: str
    before: Progress
    after: Progress

    def check(self, connection: Connection) -> None:
        """Check that the piece is still the next one.

        Raises:
            OvertakenError: it is not.
        """
        if read_progress(connection, self.source, self.file) != self.before:
            raise OvertakenError(f"{self.source}: {self.file} was read on by another process")

    def keep(self, connection: Connection) -> None:
        """Store how far the file was read."""
        keep_progress(connection, self.source, self.file, self.after)


def read_progress(connection: Connection, source: str, file: str) -> Progress:
    """Return how far a file of a source was read; its begin if never."""
    c = live_position.c
    statement = select(c.offset_bytes, c.lines, c.mark).where(c.source == source, c.file == file)
    row = connection.execute(statement).one_or_none()
    return Progress(*row) if row else Progress()


def keep_progress(connection: Connection, source: str, file: str, progress: Progress) -> None:
    """Store how far a file of a source was read."""
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
    connection: Connection, source: str, rule: LiveRule, last_event_at: datetime | None
) -> None:
    """Store the latest event of a source's live rule, and that it was heard now."""
    heard_at = {"heard_at": now()} if last_event_at else {}
    _keep(connection, source, rule, last_event_at=last_event_at, **heard_at)


def keep_followed(engine: Engine, rules: Iterable[tuple[str, LiveRule]]) -> None:
    """Store that these live rules, each of a source, are followed from now on, unless they were."""
    with engine.begin() as connection:
        for source, rule in rules:
            _keep(connection, source, rule)


def keep_poll(engine: Engine, source: str, rule: LiveRule, message: str | None) -> None:
    """Store that a source was polled, and the error if it failed."""
    with engine.begin() as connection:
        _keep(connection, source, rule, polled_at=now(), message=message)


def _keep(connection: Connection, source: str, rule: LiveRule, **facts: object) -> None:
    """Write facts of a live rule.

    What was written before cannot have happened later than now: where it says so, the clock was set
    back since, and silence is counted from now on.
    """
    at = now()
    statement = insert(live_source).values(
        source=source, kind=rule.feed, expected_s=rule.expected_s, followed_since=at, **facts
    )
    new, c = statement.excluded, live_source.c
    changes: dict[str, ColumnElement[Any]] = {name: new[name] for name in ("expected_s", *facts)}
    if "last_event_at" in facts:
        changes["last_event_at"] = func.greatest(c.last_event_at, new.last_event_at)
    for name in {"followed_since", "heard_at"} - facts.keys():
        changes[name] = case((c[name] > at, at), else_=c[name])
    key = ["source", "kind"]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))
