"""`/events`: a stream of server-sent events for each screen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse

from dashboard.live.hub import Hub
from dashboard.live.listener import listen, nobody_asks
from geodata.database.handle import Engine

BEAT_S = 15.0
STREAM = "/events"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live_router(
    engine: Engine,
    hub: Hub | None = None,
    beat_s: float = BEAT_S,
    on_signed_out: Callable[[], None] = nobody_asks,
) -> APIRouter:
    """Return the router of the pushes; it listens as long as the server runs."""
    own = hub or Hub()

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(listen(engine, own, on_signed_out)),
            asyncio.create_task(_beat(own, beat_s)),
        ]
        yield
        own.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    router = APIRouter(lifespan=lifespan)

    @router.get(STREAM)
    async def events(
        last_event_id: Annotated[str | None, Header()] = None,
        told: Annotated[str | None, Query(alias="lastEventId")] = None,
    ) -> EventSourceResponse:
        # A browser that reconnects by itself sends the header, a page that opens anew the other.
        return EventSourceResponse(own.subscribe(last_event_id or told), headers=HEADERS)

    return router


async def _beat(hub: Hub, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        hub.beat()
