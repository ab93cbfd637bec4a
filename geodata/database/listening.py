"""Hears what the database announces, on a connection of its own."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection, Connection, Notify, sql
from sqlalchemy.engine import URL

from geodata.errors import DatabaseError

CHECK_S = 5.0  # a connection that died without a word is found out after this
ANSWER_MS = 10_000  # over a cut cable the system itself would wait a quarter of an hour
GATHER_S = 0.1  # how long announcements that come together may be apart


class Announcement(NamedTuple):
    """What was said on which channel."""

    channel: str
    facts: dict[str, Any]


@asynccontextmanager
async def open_announcements(
    url: URL, channels: Sequence[str]
) -> AsyncIterator[AsyncIterator[Announcement]]:
    """Connect, and give what is announced on the channels from then on, for ever.

    Raises:
        DatabaseError: the connection cannot be made or is lost.
    """
    try:
        connection = await AsyncConnection.connect(
            _address(url), autocommit=True, connect_timeout=5, tcp_user_timeout=ANSWER_MS
        )
        async with connection:
            for channel in channels:
                await connection.execute(_listen(channel))
            yield _announcements(connection)
    except psycopg.Error as error:
        raise DatabaseError(_first_line(error)) from error


async def _announcements(connection: AsyncConnection[Any]) -> AsyncIterator[Announcement]:
    while True:
        async for note in connection.notifies(timeout=CHECK_S):
            yield _announcement(note)
        await connection.execute("SELECT 1")


class Ear:
    """A connection that waits a while for announcements of one channel, and is asked again."""

    def __init__(self, connection: Connection[Any]) -> None:
        """Hear on a connection that listens."""
        self._connection = connection

    def hear(self, wait_s: float) -> list[Announcement]:
        """Return the first announcement within `wait_s` and those that come with it, or none."""
        self._connection.execute("SELECT 1")  # a connection that died says so here
        first = list(self._connection.notifies(timeout=wait_s, stop_after=1))
        rest = list(self._connection.notifies(timeout=GATHER_S)) if first else []
        return [_announcement(note) for note in first + rest]


@contextmanager
def open_ear(url: URL, channel: str) -> Iterator[Ear]:
    """Connect and listen to a channel until the end of the block.

    Raises:
        DatabaseError: the connection cannot be made or is lost.
    """
    try:
        with psycopg.connect(_address(url), autocommit=True, connect_timeout=5) as connection:
            connection.execute(_listen(channel))
            yield Ear(connection)
    except psycopg.Error as error:
        raise DatabaseError(_first_line(error)) from error


def _address(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _listen(channel: str) -> sql.Composed:
    return sql.SQL("LISTEN {}").format(sql.Identifier(channel))


def _announcement(note: Notify) -> Announcement:
    """Return the facts of a notification; one that is no JSON object is passed on as text."""
    try:
        facts = json.loads(note.payload)
    except json.JSONDecodeError:
        facts = None
    return Announcement(note.channel, facts if isinstance(facts, dict) else {"text": note.payload})


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0]
