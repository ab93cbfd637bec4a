"""The live process reads a source when it changes, and now and then although it does not."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest

from commands import live
from geodata.database.handle import OperationalError
from geodata.errors import DatabaseError, LoadError


class Source:
    """A source that tells how it looks; the test changes that."""

    def __init__(self, poll_s: float) -> None:
        self.live_source = SimpleNamespace(rule=SimpleNamespace(poll_s=poll_s))
        self.look: object = 0
        self.looks = 0

    def glance(self) -> object:
        self.looks += 1
        if isinstance(self.look, OSError):
            raise self.look
        return self.look


def follow(monkeypatch: pytest.MonkeyPatch, source: Source, polled) -> int:
    """Follow until `polled` says stop by a number of polls; return how many there were."""
    polls: list[int] = []

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def poll(_engine: object, _source: object) -> str | None:
            polls.append(1)
            if polled(len(polls)):
                loop.call_soon_threadsafe(stop.set)
            return None

        monkeypatch.setattr(live, "_poll", poll)
        await asyncio.wait_for(live.follow(None, source, stop), 30)

    asyncio.run(run())
    return len(polls)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GLANCE_S", 0.001)


def test_a_change_is_read_long_before_the_next_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(poll_s=3600)

    def polled(number: int) -> bool:
        source.look = number  # something more is there each time
        return number == 3

    assert follow(monkeypatch, source, polled) == 3


def test_what_changes_while_it_is_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(poll_s=3600)

    def polled(number: int) -> bool:
        if number == 1:
            source.look = "appended after the last line was read"
        return number == 2

    assert follow(monkeypatch, source, polled) == 2


def test_a_source_that_looks_the_same_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(poll_s=0.01)
    assert follow(monkeypatch, source, lambda number: number == 3) == 3
    assert source.looks >= 3


def test_what_cannot_be_seen_waits_for_the_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(poll_s=0.01)
    source.look = OSError("renamed")
    assert follow(monkeypatch, source, lambda number: number == 2) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("SELECT 1", {}, Exception("terminating connection")), []),
        (DatabaseError("cannot use the database"), []),
        (psycopg.OperationalError("server closed the connection unexpectedly"), []),
        (psycopg.InterfaceError("the connection is closed"), []),
        (LoadError("not a table"), ["LoadError: not a table"]),
        (OSError("no such folder"), ["OSError: no such folder"]),
    ],
)
def test_a_lost_database_is_no_fault_of_the_source(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: list[str]
) -> None:
    kept: list[str] = []

    def poll() -> Iterator[object]:
        raise error
        yield

    declaration = SimpleNamespace(key="calls")
    source = SimpleNamespace(
        live_source=SimpleNamespace(declaration=declaration, rule=SimpleNamespace(feed="records")),
        poll=poll,
    )
    monkeypatch.setattr(live, "keep_poll", lambda _engine, _key, _rule, said: kept.append(said))
    assert live._poll(None, source)
    assert kept == told
