"""Exports for data portals and context brokers: a DCAT catalogue and NGSI-LD indicators."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse

from geodata.errors import NotFoundError
from geodata.published.reading import read_districts_of, read_sources
from geodata.service.catalog import Service
from geodata.service.dcat import SourceRow, catalogue
from geodata.service.links import base_url
from geodata.service.ngsi import CONTEXT_PATH, entities
from geodata.service.periods import layers_at

CONTEXT_FILE = Path(__file__).with_name("ngsi-context.jsonld")
LD_JSON = "application/ld+json"


def exports_router(service: Service) -> APIRouter:
    """Return the routes of the catalogue and of the indicators."""
    router = APIRouter(tags=["Exports"])

    @router.get("/catalogue")
    def get_catalogue(request: Request) -> JSONResponse:
        found = catalogue(service, base_url(request), _read_sources(service))
        return JSONResponse(found, media_type=LD_JSON)

    @router.get(CONTEXT_PATH)
    def get_context() -> FileResponse:
        return FileResponse(CONTEXT_FILE, media_type=LD_JSON)

    @router.get("/ngsi-ld/v1/entities")
    def get_entities(
        request: Request,
        type: Annotated[Literal["KeyPerformanceIndicator"] | None, Query()] = None,
        options: Annotated[Literal["keyValues", "simplified"] | None, Query()] = None,
        indicator: Annotated[str | None, Query(max_length=80)] = None,
        period: Annotated[str | None, Query(max_length=40)] = None,
    ) -> JSONResponse:
        if indicator and indicator not in service.layers:
            raise NotFoundError(f"no layer is called {indicator!r}")
        layers = layers_at(service.periods, [indicator] if indicator else service.layers, period)
        with service.engine.connect() as connection:
            found = [
                (each, read_districts_of(connection, each.name, each.period)) for each in layers
            ]
        listed = entities(service, base_url(request), found, is_simplified=options is not None)
        return JSONResponse(listed, media_type=LD_JSON)

    return router


def _read_sources(service: Service) -> list[SourceRow]:
    """Return each source of the current loads with its coverage and its newest load."""
    with service.engine.connect() as connection:
        return [SourceRow(*row) for row in read_sources(connection)]
