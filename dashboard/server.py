"""The one ASGI application: layers, health, live, and the Dash application mounted inside."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.factory import create_app
from dashboard.headers import SecurityHeaders, policy
from dashboard.health import health_router
from dashboard.limits.middleware import RUNNING_IN_ALL, ClientLimits, Limits
from dashboard.limits.screens import WsgiScreens
from dashboard.live.points import points_router
from dashboard.live.router import STREAM, live_router
from dashboard.live.vehicles import vehicles_router
from dashboard.read.cache import build_cache
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.http.bodies import BodyLimit
from geodata.http.problems import add_problem_handlers
from geodata.service.app import PREFIX as GIS_PREFIX
from geodata.service.app import create_service
from geodata.service.mount import mount_service
from geodata.settings import Settings
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.routes import router as layers_router

STREAMS = frozenset({STREAM})


def create_server(
    engine: Engine,
    city: City,
    settings: Settings,
    routers: Sequence[APIRouter] = (),
    published: Engine | None = None,
) -> FastAPI:
    """Compose the application that uvicorn serves; `routers` are those of other rooms.

    What is public is read by `published`, which need see the published schema only.
    """
    cache = build_cache(settings, city)  # one of pages and layers: callers share their locks
    dash_app = create_app(engine, city, settings, cache, published)
    gis, gis_service = create_service(published or engine, city)

    screens = WsgiScreens(dash_app.server, RUNNING_IN_ALL)
    limits = Limits(settings.client_requests, settings.client_streams)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = RUNNING_IN_ALL
        yield
        await limits.stop()  # the database may stop next
        await gis_service.close()

    server = FastAPI(
        title=city.title_en, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    server.state.limits = limits
    serve_layers(server, LayerContext(engine, city, settings.data_dir, cache.get_bytes))
    own = (
        health_router(engine),
        live_router(engine),
        vehicles_router(engine),
        points_router(engine, city),
        *routers,
    )
    for each in own:
        server.include_router(each)
    mount_service(server, gis, GIS_PREFIX)
    data = first_segments([layers_router, *own])
    server.router.default = ScreensBeside(data, screens)
    add_problem_handlers(server)
    server.add_middleware(BodyLimit)
    server.add_middleware(ClientLimits, limits=limits, streams=STREAMS)
    server.add_middleware(SecurityHeaders, policy=policy(dash_app.csp_hashes()))
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
