"""The one ASGI application: layers, health, live, and the Dash application mounted inside."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.factory import create_app
from dashboard.gate.book import AuditBook
from dashboard.gate.callers import Callers
from dashboard.gate.middleware import Gate, GateKeys
from dashboard.gate.oidc import oidc_router
from dashboard.gate.origins import allowed_names
from dashboard.gate.sign_in import Desk, door_of, sign_in_router
from dashboard.headers import SecurityHeaders, policy
from dashboard.health import health_router
from dashboard.limits.middleware import RUNNING_IN_ALL, ClientLimits, Limits
from dashboard.limits.screens import WsgiScreens
from dashboard.live.points import points_router
from dashboard.live.router import STREAM, live_router
from dashboard.live.vehicles import vehicles_router
from dashboard.metrics import CountRequests, RequestMetrics, metrics_router
from dashboard.page import discover
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from geodata.city.configuration import City
from geodata.database.engines import Engines
from geodata.database.handle import Engine
from geodata.http.bodies import BodyLimit
from geodata.http.problems import add_problem_handlers
from geodata.identity.caller import Caller
from geodata.service.app import PREFIX as GIS_PREFIX
from geodata.service.app import create_service
from geodata.service.mount import mount_service
from geodata.settings import Settings
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.routes import router as layers_router

STREAMS = frozenset({STREAM})


def create_server(
    engine: Engine | Engines,
    city: City,
    settings: Settings,
    routers: Sequence[APIRouter] = (),
    demo: Caller | None = None,
    published: Engine | None = None,
) -> FastAPI:
    """Compose the application that uvicorn serves; `routers` are those of other rooms.

    In a demonstration `demo` is who asks where nobody else does. What is public is read by
    `published` where it is given, else by the public reader.
    """
    engines = engine if isinstance(engine, Engines) else Engines.of_one(engine)
    reader, writer, public = engines.reader, engines.writer, published or engines.public
    cache = build_cache(settings, city)  # one of pages and layers: callers share their locks
    pages = discover()
    dash_app = create_app(ScreenContext(reader, city, settings, cache, public, writer), pages)
    callers = Callers(writer, demo, binds_rows=not engines.complaint)
    keys = GateKeys(callers, pages, allowed_names(settings), AuditBook(writer))
    gis, gis_service = create_service(public, city)

    screens = WsgiScreens(dash_app.server, RUNNING_IN_ALL)
    limits = Limits(settings.client_requests, settings.client_streams)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = RUNNING_IN_ALL
        writing = asyncio.create_task(keys.book.keep())
        yield
        writing.cancel()
        await limits.stop()  # the database may stop next
        await keys.book.write_now()
        await gis_service.close()
        public.dispose()

    server = FastAPI(
        title=city.title_en, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    server.state.limits = limits
    serve_layers(server, LayerContext(reader, city, settings.data_dir, cache.get_bytes))
    metrics = RequestMetrics()
    own = (
        health_router(reader, engines.complaint),
        live_router(reader, on_signed_out=callers.forget),
        vehicles_router(reader),
        points_router(reader, city),
        metrics_router(reader, metrics, is_shared=settings.workers > 1),
        *routers,
    )
    desk = Desk(writer, city, callers, settings.public_url, settings.has_identity_provider)
    provider = oidc_router(writer, settings, door_of(desk))
    for each in (*own, sign_in_router(desk), provider):
        server.include_router(each)
    mount_service(server, gis, GIS_PREFIX)
    data = first_segments([layers_router, *own])
    parts = data | set(discover()) | {GIS_PREFIX.strip("/"), "assets", "_dash-update-component"}
    server.router.default = ScreensBeside(data, screens)
    add_problem_handlers(server)
    server.state.screens = dash_app
    server.add_middleware(Gate, keys=keys)
    server.add_middleware(BodyLimit)
    server.add_middleware(ClientLimits, limits=limits, streams=STREAMS)
    server.add_middleware(SecurityHeaders, policy=policy(dash_app.csp_hashes()))
    server.add_middleware(CountRequests, metrics=metrics, parts=parts)
    return server


def first_segments(routers: Sequence[APIRouter]) -> frozenset[str]:
    """Return how the addresses of some routers begin: what is not theirs below is nobody's."""
    paths = [str(getattr(route, "path", "")) for router in routers for route in router.routes]
    return frozenset(path.split("/")[1] for path in paths)


class ScreensBeside:
    """What is asked where no route answers: an address of data that is none, or a screen."""

    def __init__(self, data: frozenset[str], screens: ASGIApp) -> None:
        """Keep the first segments of the addresses of data, and the screens."""
        self.data = data
        self._screens = screens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the address, or hand it to the screens."""
        if scope["type"] == "http" and scope["path"].lstrip("/").partition("/")[0] in self.data:
            raise HTTPException(404, "there is nothing at this address")
        await self._screens(scope, receive, send)
