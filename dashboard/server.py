"""The one ASGI application: layers, health, and the Dash application mounted inside."""

from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from sqlalchemy import Engine

from dashboard.factory import create_app
from dashboard.headers import SecurityHeaders, policy
from dashboard.health import health_router
from geodata.city import City
from geodata.settings import Settings
from layers.service import Context as LayersContext
from layers.service import get_context, router

WSGI_THREADS = 16


def create_server(engine: Engine, city: City, settings: Settings) -> FastAPI:
    """Compose the application that uvicorn serves."""
    dash_app = create_app(engine, city, settings)
    server = FastAPI(title=city.title_en, docs_url=None, redoc_url=None, openapi_url=None)
    layers = LayersContext(engine, city, settings.data_dir)
    server.dependency_overrides[get_context] = lambda: layers
    server.include_router(router)
    server.include_router(health_router(engine))
    screens: Any = WSGIMiddleware(dash_app.server, workers=WSGI_THREADS)  # its own ASGI types
    server.mount("/", screens)
    server.add_middleware(SecurityHeaders, policy=policy(dash_app.csp_hashes()))
    return server
