"""Turns of clients, and who counts as one."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from uvicorn import Config

from dashboard.limits.serving import options_of
from dashboard.limits.turns import Bounds, RefusedError, Turns
from geodata.http.addresses import address_of, client_of
from geodata.settings import Settings

BOUNDS = Bounds(running=2, running_in_all=3, waiting=2, waiting_in_all=3, wait_s=60)


def run(story: Callable[[Turns], Coroutine[Any, Any, None]], bounds: Bounds = BOUNDS) -> None:
    asyncio.run(story(Turns(bounds)))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Asker:
    """A request that takes a turn and holds it until it is told to end."""

    def __init__(self, turns: Turns, client: str) -> None:
        self.has_turn = False
        self._end = asyncio.Event()
        self.task = asyncio.create_task(self._ask(turns, client))

    async def _ask(self, turns: Turns, client: str) -> None:
        async with turns.turn(client):
            self.has_turn = True
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self.task
        await settle()


def test_one_client_leaves_turns_to_the_others() -> None:
    async def story(turns: Turns) -> None:
        many = [Asker(turns, "many") for _ in range(4)]
        await settle()
        assert [each.has_turn for each in many] == [True, True, False, False]
        one = Asker(turns, "one")
        await settle()
        assert one.has_turn
        await many[0].end()
        assert [each.has_turn for each in many[1:]] == [True, True, False]
        for each in (one, *many[1:]):
            await each.end()
        assert (turns._running, turns._waiting, len(turns._queue)) == ({}, {}, 0)

    run(story)


def test_who_waits_first_is_served_first_and_passed_over_where_it_may_not() -> None:
    async def story(turns: Turns) -> None:
        first = [Asker(turns, "a"), Asker(turns, "a"), Asker(turns, "b")]
        await settle()
        waiting = [Asker(turns, "a"), Asker(turns, "b"), Asker(turns, "c")]
        await settle()
        await first[2].end()  # a turn in all is free, none of a
        assert [each.has_turn for each in waiting] == [False, True, False]
        await first[0].end()
        assert [each.has_turn for each in waiting] == [True, True, False]
        for each in (first[1], *waiting):
            await each.end()

    run(story)


@pytest.mark.parametrize(("clients", "is_own"), [("aaaaa", True), ("aabbaac", False)])
def test_too_many_are_refused_at_once(clients: str, is_own: bool) -> None:
    async def story(turns: Turns) -> None:
        async with AsyncExitStack() as stack:
            askers = [Asker(turns, each) for each in clients[:-1]]
            await settle()
            with pytest.raises(RefusedError) as refused:
                await stack.enter_async_context(turns.turn(clients[-1]))
            assert refused.value.is_own is is_own
            for each in askers:
                await settle()
                each._end.set()
            await asyncio.gather(*(each.task for each in askers))
        assert (turns._running, turns._waiting, len(turns._queue)) == ({}, {}, 0)

    run(story)


def test_no_turn_in_time_is_refused_and_leaves_nothing() -> None:
    async def story(turns: Turns) -> None:
        held = [Asker(turns, "a"), Asker(turns, "a")]
        await settle()
        with pytest.raises(RefusedError):
            async with turns.turn("a"):
                raise AssertionError("there was none")
        for each in held:
            await each.end()
        assert (turns._running, turns._waiting, len(turns._queue)) == ({}, {}, 0)

    run(story, Bounds(2, 3, 2, 3, wait_s=0.01))


def test_who_is_cancelled_while_waiting_gives_its_turn_on() -> None:
    async def story(turns: Turns) -> None:
        held = [Asker(turns, "a"), Asker(turns, "a")]
        await settle()
        left, stays = Asker(turns, "a"), Asker(turns, "a")
        await settle()
        left.task.cancel()
        await settle()
        await held[0].end()
        assert stays.has_turn
        await held[1].end()
        await stays.end()
        assert (turns._running, turns._waiting, len(turns._queue)) == ({}, {}, 0)

    run(story)


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_who_counts_as_one_client(host: str, client: str) -> None:
    assert client_of(host) == client


@pytest.mark.parametrize(
    ("proxies", "peer", "client"),
    [
        ("", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.1, 127.0.0.1", "127.0.0.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.9.9.9", "203.0.113.9"),
    ],
)
def test_whose_word_about_a_client_is_believed(proxies: str, peer: str, client: str) -> None:
    seen: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(address_of(scope))

    config = Config(application, **options_of(Settings(trusted_proxies=proxies)))
    config.load()
    headers = [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.9")]
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    asyncio.run(config.loaded_app(scope, None, None))  # type: ignore[arg-type]
    assert seen == [client]
