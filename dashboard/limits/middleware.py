"""Keeps each client within its share, and ends what is done for nobody any more."""

import asyncio
from contextlib import suppress

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.limits.heads import SHOWN, fault_of
from dashboard.limits.incoming import Incoming, Patience
from dashboard.limits.protocol import IS_STREAM
from dashboard.limits.turns import Bounds, RefusedError, Turns
from dashboard.problems import answer_page
from geodata.database.work import Work, working
from geodata.http.addresses import address_of, client_of
from geodata.http.problems import answer_problem

RUNNING_IN_ALL = 240  # two hundred walls: most wait for a drawing that is made for all of them
WAITING_IN_ALL = 1024
STREAMS_IN_ALL = 1000
WAIT_S = 20.0
_OWN, _ALL = 429, 503
_STOPS = "the server stops: come back later"
_RETRY_AFTER_S = {_OWN: "2", _ALL: "5"}
_REASONS = {
    _OWN: "too many requests of one client at once: wait for answers before asking more",
    _ALL: "too many clients ask at once: come back later",
}


class Limits:
    """What is under way in a server: turns of requests, streams, and the work behind them."""

    def __init__(self, requests: int, streams: int, patience: Patience | None = None) -> None:
        """Allow each client so many requests and so many streams at once."""
        waiting = 8 * requests
        self.requests = Turns(Bounds(requests, RUNNING_IN_ALL, waiting, WAITING_IN_ALL, WAIT_S))
        self.streams = Turns(Bounds(streams, STREAMS_IN_ALL, 0, 0, 0.0))
        self.patience = patience or Patience()
        self.shared = Work()
        self._works: set[Work] = set()

    def begin_work(self) -> Work:
        """Return the work of a new request."""
        work = Work(self.shared)
        self._works.add(work)
        return work

    def end_work(self, work: Work) -> None:
        """Forget the work of a request that was answered."""
        self._works.discard(work)

    async def stop(self) -> None:
        """Cancel everything that is still asked of the database."""
        works = [self.shared, *self._works]
        await asyncio.gather(*(asyncio.to_thread(each.cancel) for each in works))


class ClientLimits:
    """ASGI middleware: a request waits for a turn of its client, or is refused.

    A request whose client has gone is ended: its queries are cancelled in the database.
    """

    def __init__(self, app: ASGIApp, limits: Limits, streams: frozenset[str]) -> None:
        """Keep the application, the limits, and which addresses are streams of events."""
        self._app = app
        self._limits = limits
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in a turn of the client, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = fault_of(scope)
        if fault is not None:
            refused = answer_problem(*fault, scope["path"][:SHOWN], {"Connection": "close"})
            await refused(scope, receive, send)
            return
        is_stream = scope["path"] in self._streams
        scope.setdefault("state", {})[IS_STREAM] = is_stream
        turns = self._limits.streams if is_stream else self._limits.requests
        client = client_of(address_of(scope))
        try:
            async with turns.turn(client):
                await self._answer(scope, receive, send)
        except RefusedError as error:
            await refusal(scope, is_own=error.is_own)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive, self._limits.patience)
        work = self._limits.begin_work()
        try:
            with anyio.CancelScope() as ending, working(work):

                async def end() -> None:
                    await asyncio.to_thread(work.cancel)
                    ending.cancel()  # waits for what runs in a thread

                watch = asyncio.create_task(incoming.watch(end))
                try:
                    await self._app(scope, incoming.receive, incoming.until_answered(send))
                finally:
                    watch.cancel()
                    with suppress(BaseException):
                        await watch
        except asyncio.CancelledError:  # the server stops
            asyncio.get_running_loop().run_in_executor(None, work.cancel)
            if not incoming.is_begun:
                await answer_problem(_ALL, _STOPS, scope["path"])(scope, receive, send)
        finally:
            self._limits.end_work(work)


def refusal(scope: Scope, *, is_own: bool) -> Response:
    """Return the answer to a request that has no turn: a page for people, else the one shape."""
    status = _OWN if is_own else _ALL
    headers = {"Retry-After": _RETRY_AFTER_S[status], "Cache-Control": "no-store"}
    if "text/html" in Headers(scope=scope).get("accept", ""):
        page = answer_page(status, "problem.busy").get_data()
        return Response(page, status, headers, "text/html")
    return answer_problem(status, _REASONS[status], scope["path"], headers)
