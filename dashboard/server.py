"""The one ASGI application: layers, health, live, and the Dash application mounted inside."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.factory import create_app
from dashboard.headers import SecurityHeaders, policy
from dashboard.health import health_router
from dashboard.live.points import points_router
from dashboard.live.router import live_router
from dashboard.live.vehicles import vehicles_router
from dashboard.read.cache import build_cache
from geodata.city.configuration import City
from geodata.service.app import PREFIX as GIS_PREFIX
from geodata.service.app import create_service
from geodata.settings import Settings
from layers.maps.routes import LayerContext as LayersContext
from layers.maps.routes import get_context, router

WSGI_THREADS = 128  # fifty walls ask twice at once; those that wait for one drawing cost nothing


def create_server(
    engine: Engine, city: City, settings: Settings, routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """Compose the application that uvicorn serves; `routers` are those of other rooms."""
    dash_app = create_app(engine, city, settings)
    gis, gis_service = create_service(engine, city)

    screens: Any = WSGIMiddleware(dash_app.server, workers=WSGI_THREADS)  # its own ASGI types

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await gis_service.close()
        # The database may stop next; the workers need this event loop to end.
        await asyncio.to_thread(screens.executor.shutdown)

    server = FastAPI(
        title=city.title_en, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    remember = build_cache(dash_app.server, settings).get_or
    server.add_exception_handler(OperationalError, database_away)
    layers = LayersContext(engine, city, settings.data_dir, remember)
    server.dependency_overrides[get_context] = lambda: layers
    server.include_router(router)
    server.include_router(health_router(engine))
    server.include_router(live_router(engine))
    server.include_router(vehicles_router(engine))
    server.include_router(points_router(engine))
    for each in routers:
        server.include_router(each)
    server.mount(GIS_PREFIX, gis)
    server.mount("/", screens)
    server.add_middleware(SecurityHeaders, policy=policy(dash_app.csp_hashes()))
    return server


def database_away(_request: Request, _error: Exception) -> JSONResponse:
    """Answer 503 with Retry-After: screens ask again, and no traceback fills the log."""
    return JSONResponse({"detail": "the database is out of reach"}, 503, {"Retry-After": "5"})
