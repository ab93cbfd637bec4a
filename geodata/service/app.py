"""The GIS service as one application, to be mounted under a prefix of another."""

from fastapi import Depends, FastAPI
from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.http.problems import add_problem_handlers
from geodata.service.catalog import Service
from geodata.service.collections import collections_router
from geodata.service.dggs.router import dggs_router
from geodata.service.exports import exports_router
from geodata.service.features import add_features_and_tiles
from geodata.service.parameters import make_check
from geodata.service.spreadsheet import MarkedCsv

PREFIX = "/ogc"


def create_service(engine: Engine, city: City) -> tuple[FastAPI, Service]:
    """Compose the service; the caller closes the second part at the end.

    It connects at the first request, so that the screens start without it. Its interactive
    documentation would load scripts from elsewhere and is left out; `/api` describes it.
    """
    service = Service(engine, city)
    app = FastAPI(
        title=f"{city.title_en}: OGC API",
        openapi_url="/api",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(service.ready), Depends(make_check(lambda: app))],
    )
    app.add_middleware(MarkedCsv)
    app.include_router(collections_router(service))
    app.include_router(dggs_router(service))
    app.include_router(exports_router(service))
    add_features_and_tiles(app, PREFIX)
    add_problem_handlers(app)
    return app, service
