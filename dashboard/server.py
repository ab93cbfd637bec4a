"""The one ASGI application: layers, health, live, and the Dash application mounted inside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

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
from dashboard.gate.table import CALLBACKS
from dashboard.headers import SecurityHeaders, policy
from dashboard.health import health_router
from dashboard.limits.middleware import RUNNING_IN_ALL, ClientLimits, Limits
from dashboard.limits.screens import WsgiScreens
from dashboard.live.points import points_router
from dashboard.live.router import STREAM, live_router
from dashboard.live.vehicles import vehicles_router
from dashboard.metrics import CountRequests, RequestMetrics, metrics_router
from dashboard.page import Page, discover
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


@dataclass(frozen=True)
class Parts:
    """What one server is made of: whatever its routes, screens and middleware share."""

    engines: Engines
    screens: ScreenContext  # with city, settings and cache
    pages: Mapping[str, Page]
    keys: GateKeys
    limits: Limits
    metrics: RequestMetrics


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
    parts = _make_parts(replace(engines, public=published or engines.public), city, settings, demo)
    gis, gis_service = create_service(parts.engines.public, city)
    server = FastAPI(
        title=city.title_en,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(parts, gis_service.close),
    )
    server.state.limits = parts.limits
    get_bytes = parts.screens.cache.get_bytes
    serve_layers(server, LayerContext(engines.reader, city, settings.data_dir, get_bytes))
    own = (*_data_routers(parts), *routers)
    for each in (*own, *_sign_in_routers(parts)):
        server.include_router(each)
    mount_service(server, gis, GIS_PREFIX)
    dash_app = create_app(parts.screens, parts.pages)
    data = first_segments([layers_router, *own])
    screens = WsgiScreens(dash_app.server, RUNNING_IN_ALL)
    server.router.default = ScreensBeside(data, screens)
    server.state.screens = dash_app
    add_problem_handlers(server)
    _add_middleware(server, parts, data, policy(dash_app.csp_hashes()))
    return server


def _make_parts(engines: Engines, city: City, settings: Settings, demo: Caller | None) -> Parts:
    cache = build_cache(settings, city)  # one of pages and layers: callers share their locks
    pages = discover()
    callers, book = (
        Callers(engines.writer, demo, binds_rows=not engines.complaint),
        AuditBook(engines.writer),
    )
    return Parts(
        engines,
        ScreenContext(engines.reader, city, settings, cache, engines.public, engines.writer),
        pages,
        GateKeys(callers, pages, allowed_names(settings), book),
        Limits(settings.client_requests, settings.client_streams),
        RequestMetrics(),
    )


def _lifespan(
    parts: Parts, close_service: Callable[[], Awaitable[None]]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what happens around serving."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = RUNNING_IN_ALL
        writing = asyncio.create_task(parts.keys.book.keep())
        yield
        writing.cancel()
        await parts.limits.stop()  # the database may stop next
        await parts.keys.book.write_now()
        await close_service()
        for each in (parts.engines.reader, parts.engines.writer, parts.engines.public):
            each.dispose()

    return lifespan


def _data_routers(parts: Parts) -> tuple[APIRouter, ...]:
    """Return the routes of data beside the layers."""
    reader, is_shared = parts.engines.reader, parts.screens.settings.workers > 1
    return (
        health_router(reader, parts.engines.complaint),
        live_router(reader, on_signed_out=parts.keys.callers.forget),
        vehicles_router(reader),
        points_router(reader, parts.screens.city),
        metrics_router(reader, parts.metrics, is_shared=is_shared),
    )


def _sign_in_routers(parts: Parts) -> tuple[APIRouter, APIRouter]:
    """Return the routes of the gate itself: passwords and devices, and the identity provider."""
    writer, settings = parts.engines.writer, parts.screens.settings
    has_provider = settings.has_identity_provider
    desk = Desk(writer, parts.screens.city, parts.keys.callers, settings.public_url, has_provider)
    return sign_in_router(desk), oidc_router(writer, settings, door_of(desk))


def _add_middleware(server: FastAPI, parts: Parts, data: frozenset[str], csp: str) -> None:
    """Put before the application what every request passes; what is added last is first."""
    counted = data | set(parts.pages) | {GIS_PREFIX.strip("/"), "assets", CALLBACKS.strip("/")}
    server.add_middleware(Gate, keys=parts.keys)
    server.add_middleware(BodyLimit)
    server.add_middleware(ClientLimits, limits=parts.limits, streams=STREAMS)
    server.add_middleware(SecurityHeaders, policy=csp)
    server.add_middleware(CountRequests, metrics=parts.metrics, parts=counted)


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
