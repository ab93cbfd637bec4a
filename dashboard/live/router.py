"""`/events`: a stream of server-sent events for each screen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse
from sqlalchemy import Engine

from dashboard.live.hub import Hub
from dashboard.live.listener import listen

BEAT_S = 15.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live_router(engine: Engine, hub: Hub | None = None, beat_s: float = BEAT_S) -> APIRouter:
    """Return the router of the pushes; it listens as long as the server runs."""
    own = hub or Hub()

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(listen(engine.url, own)),
            asyncio.create_task(_beat(own, beat_s)),
        ]
        yield
        own.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    router = APIRouter(lifespan=lifespan)

    @router.get("/events")
    async def events(last_event_id: str | None = Header(default=None)) -> EventSourceResponse:
        return EventSourceResponse(own.subscribe(last_event_id), headers=HEADERS)

    return router


async def _beat(hub: Hub, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        hub.beat()
