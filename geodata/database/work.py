"""Work that may be given up: what the database still does for nobody is cancelled there.

A piece of work is what is done for one request. Each connection that is taken for it, in whatever
thread, belongs to it until it is given back; `Work.cancel` stops what they are asked, and takes
every later connection from the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from geodata.errors import AbandonedError

CANCEL_S = 2.0  # how long a cancellation may take to reach the server


class Work:
    """The connections that one piece of work holds."""

    def __init__(self, shared: "Work | None" = None) -> None:
        """Hold none yet; `shared` is the work to which belongs what is done for several at once."""
        self.shared = shared
        self._guard = Lock()
        self._held: list[psycopg.Connection[Any]] = []
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Return whether nobody waits for the work any more."""
        return self._is_cancelled

    def take(self, connection: psycopg.Connection[Any]) -> None:
        """Count a connection to the work.

        Raises:
            AbandonedError: nobody waits for the work any more.
        """
        with self._guard:
            if self._is_cancelled:
                raise AbandonedError("nobody waits for the answer any more")
            self._held.append(connection)

    def give_back(self, connection: psycopg.Connection[Any]) -> None:
        """Take a connection from the work; waits while it is being cancelled."""
        with self._guard:
            self._held = [each for each in self._held if each is not connection]

    def cancel(self) -> None:
        """Stop what the connections are asked; blocks until the server was told."""
        with self._guard:
            self._is_cancelled = True
            for connection in self._held:
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=CANCEL_S)


_current: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def working(work: Work | None) -> Iterator[None]:
    """Do what is done in the block as part of a work."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def working_for_many() -> Iterator[None]:
    """Do what several wait for: that one of them leaves does not end it for the others."""
    work = _current.get()
    with working(work and work.shared):
        yield


def follow_work(engine: Engine) -> None:
    """Count the connections of an engine to the work that they are taken for."""
    event.listen(engine, "checkout", _taken)
    event.listen(engine, "checkin", _given_back)


def _taken(connection: Any, entry: ConnectionPoolEntry, _fairy: object) -> None:
    work = _current.get()
    if work is not None:
        work.take(connection)
        entry.info["work"] = work


def _given_back(connection: Any, entry: ConnectionPoolEntry) -> None:
    work: Work | None = entry.info.pop("work", None)
    if work is None or connection is None:
        return
    work.give_back(connection)
    if work.is_cancelled:  # its cancellation may still be under way, and would hit the next query
        entry.invalidate()
