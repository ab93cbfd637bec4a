"""Finds the messages of a feed that were not read yet, in the order of the times in their headers.

Names say nothing: a recorder may name messages by the hour, and begin anew at midnight.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, select

from etl.gtfs_rt.message import Message, read_message
from etl.limits import DEFAULTS
from etl.live.tail import Progress
from etl.source.file import SourceFile
from geodata.clock import now
from geodata.errors import ExtractError
from geodata.tables import load

AHEAD_OF_US = timedelta(minutes=30)  # a wrong zone is an hour and more, a wrong clock less
Standing = Literal["new", "known", "repeated", "older", "future"]


@dataclass(frozen=True)
class Arrived:
    """A message that lies there; `message` is None where it cannot be read."""

    name: str
    content: bytes
    sha256: str
    message: Message | None

    @classmethod
    def of(cls, name: str, content: bytes) -> "Arrived":
        """Return what lies there, decoded."""
        message = None
        with suppress(ExtractError):  # refused with its reason when it is loaded
            message = read_message(content, name)
        return cls(name, content, hashlib.sha256(content).hexdigest(), message)

    @property
    def sent_at(self) -> datetime | None:
        """Its time; None where it has none or cannot be read."""
        return self.message.sent_at if self.message else None

    @property
    def is_empty(self) -> bool:
        """Whether it says that there is nothing to tell, as of buses at night."""
        return bool(self.message and self.message.is_whole and not self.message.feed.entity)

    @property
    def second(self) -> int:
        """Its time in seconds since 1970, 0 without one."""
        return int(self.sent_at.timestamp()) if self.sent_at else 0

    def after(self, kept: Progress) -> Progress:
        """Return how far the feed is read with it; `offset` is the newest message's time."""
        if self.second < kept.offset or self.is_ahead:
            return Progress(kept.offset, kept.lines + 1, kept.mark)
        return Progress(self.second, kept.lines + 1, self.name)

    @property
    def is_ahead(self) -> bool:
        """Whether it claims a time that has not come."""
        return self.sent_at is not None and self.sent_at > now() + AHEAD_OF_US

    def standing(self, kept: Progress, known: Iterable[tuple[str, str]]) -> Standing:
        """Return what it is to a feed read so far; `known` are names and checksums in the ledger.

        A source may have two feeds in one folder, so a name in the ledger alone says nothing of a
        message newer than what this one has read.
        """
        is_past = self.second <= kept.offset
        if (is_past or self.is_ahead) and (self.name, self.sha256) in known:
            return "known"
        if self.is_ahead:
            return "future"
        if not self.second or not is_past:
            return "new"
        if self.second < kept.offset:
            return "older"
        return "repeated" if self.sha256 in {sha256 for _, sha256 in known} else "new"


class Inbox:
    """The messages in a folder; remembers those that it was told are done."""

    def __init__(self, folder: Path, pattern: str) -> None:
        """Look at the files of a pattern below a folder."""
        self._folder, self._pattern = folder, pattern
        self._done: dict[str, tuple[int, int]] = {}
        self._looks: dict[str, tuple[int, int]] = {}

    def unread(self) -> Iterator[Arrived]:
        """Yield the messages that are not done, by their times.

        Raises:
            OSError: a file cannot be read.
        """
        paths = {path.name: path for path in self._folder.glob(self._pattern)}
        self._done = {name: look for name, look in self._done.items() if name in paths}
        waiting = []
        for name, path in paths.items():
            with suppress(FileNotFoundError):  # removed or renamed meanwhile
                stat = path.stat()
                self._looks[name] = stat.st_size, stat.st_mtime_ns
                if self._done.get(name) != self._looks[name]:
                    waiting.append((Arrived.of(name, _read(path)).second, name))
        for _, name in sorted(waiting):
            with suppress(FileNotFoundError):
                yield Arrived.of(name, _read(paths[name]))

    def finish(self, arrived: Arrived) -> None:
        """Remember that a message needs no more reading, unless its file changes."""
        self._done[arrived.name] = self._looks[arrived.name]


def _read(path: Path) -> bytes:
    """Return what a file holds, or as much as shows that it is too long for a message."""
    return SourceFile.at(path).read_start(DEFAULTS.most("message_mb") + 1)


def read_known(connection: Connection, source: str, arrived: Arrived) -> set[tuple[str, str]]:
    """Return under which names the ledger has a message's content."""
    c = load.c
    statement = select(c.file, c.sha256).where(c.source == source, c.sha256 == arrived.sha256)
    return {(row.file, row.sha256) for row in connection.execute(statement)}
