"""Turns of clients: how many requests of one, and of all, are answered at once; the rest waits."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class RefusedError(Exception):
    """There is no turn; `is_own` where the client itself has too many."""

    def __init__(self, *, is_own: bool) -> None:
        """Say whose requests are too many."""
        super().__init__("too many requests at once")
        self.is_own = is_own


@dataclass(frozen=True)
class Bounds:
    """How many requests are answered at once, how many wait, and for how long."""

    running: int  # of one client
    running_in_all: int
    waiting: int  # of one client
    waiting_in_all: int
    wait_s: float


@dataclass
class Turns:
    """The turns of one event loop.

    Each client takes at most its own number of turns, so that those who ask little are served in
    their order however much one asks; what is above waits, in the order of its coming.
    """

    bounds: Bounds
    _running: Counter[str] = field(default_factory=Counter)
    _waiting: Counter[str] = field(default_factory=Counter)
    _queue: deque[tuple[str, asyncio.Future[None]]] = field(default_factory=deque)

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Do the block in a turn of the client.

        Raises:
            RefusedError: too many wait already, or no turn came in time.
        """
        if self._is_free(client) and not self._waiting[client]:
            self._running[client] += 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._leave(self._running, client)
            self._pass_on()

    def _is_free(self, client: str) -> bool:
        own, bounds = self._running[client], self.bounds
        return own < bounds.running and self._running.total() < bounds.running_in_all

    async def _wait(self, client: str) -> None:
        if self._waiting[client] >= self.bounds.waiting:
            raise RefusedError(is_own=True)
        if self._waiting.total() >= self.bounds.waiting_in_all:
            raise RefusedError(is_own=False)
        mine = asyncio.get_running_loop().create_future()
        self._queue.append((client, mine))
        self._waiting[client] += 1
        try:
            await asyncio.wait_for(asyncio.shield(mine), self.bounds.wait_s)
        except BaseException as error:
            self._give_up(client, mine)
            if isinstance(error, TimeoutError):
                is_own = self._running[client] >= self.bounds.running
                raise RefusedError(is_own=is_own) from error
            raise
        finally:
            self._leave(self._waiting, client)

    def _give_up(self, client: str, mine: asyncio.Future[None]) -> None:
        """Leave the queue; a turn that was given in the same moment goes to the next."""
        if mine.done():
            self._leave(self._running, client)
            self._pass_on()
        else:
            mine.cancel()
            self._queue.remove((client, mine))

    def _pass_on(self) -> None:
        """Give free turns to the first in the queue whose client may have one."""
        held: deque[tuple[str, asyncio.Future[None]]] = deque()
        while self._queue and self._running.total() < self.bounds.running_in_all:
            client, waiting = self._queue.popleft()
            if self._running[client] < self.bounds.running:
                self._running[client] += 1
                waiting.set_result(None)
            else:
                held.append((client, waiting))
        self._queue.extendleft(reversed(held))

    @staticmethod
    def _leave(counts: Counter[str], client: str) -> None:
        counts[client] -= 1
        if counts[client] <= 0:
            del counts[client]
