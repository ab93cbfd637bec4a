"""The GIS service as one application, to be mounted under a prefix of another."""

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from starlette.requests import Request

from geodata.city.configuration import City
from geodata.http.problems import add_problem_handlers, answer_problem, detail_of, faults_of
from geodata.service.answers import PublicAnswers
from geodata.service.broker import broker_router
from geodata.service.catalog import Service
from geodata.service.collections import collections_router
from geodata.service.description import describe_by, description_router
from geodata.service.dggs.router import dggs_router
from geodata.service.exports import exports_router
from geodata.service.features import features_router
from geodata.service.parameters import make_check
from geodata.service.spreadsheet import MarkedCsv
from geodata.service.tiles import tiles_router

PREFIX = "/ogc"


def create_service(engine: Engine, city: City) -> tuple[FastAPI, Service]:
    """Compose the service; the caller closes the second part at the end.

    It connects at the first request, so that the screens start without it. FastAPI's interactive
    documentation would load scripts from elsewhere and is left out; `/api` describes the service.
    """
    service = Service(engine, city)
    app = FastAPI(
        title=f"{city.title_zh} · {city.title_en}: OGC API",
        version="1.0.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(service.ready), Depends(make_check(lambda: app))],
    )
    describe_by(app)
    app.add_middleware(MarkedCsv)
    app.add_middleware(PublicAnswers)
    for router in (
        description_router(lambda: app),
        collections_router(service),
        features_router(service),
        tiles_router(service),
        dggs_router(service),
        exports_router(service),
        broker_router(service),
    ):
        app.include_router(router)
    add_problem_handlers(app)
    app.add_exception_handler(RequestValidationError, _refuse)
    return app, service


async def _refuse(request: Request, error: Exception) -> JSONResponse:
    """Answer 400 to a parameter that cannot be read: OGC API has no 422."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    return answer_problem(400, detail_of(error), request.url.path, faults=faults_of(error))
