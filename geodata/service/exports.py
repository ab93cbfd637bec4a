"""The catalogue of all data sets for data portals."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from geodata.published.reading import read_sources
from geodata.service.catalog import Service
from geodata.service.dcat import SourceRow, catalogue
from geodata.service.forms import json_only
from geodata.service.links import base_url

LD_JSON = "application/ld+json"


def exports_router(service: Service) -> APIRouter:
    """Return the routes of the catalogue and of the indicators."""
    router = APIRouter(tags=["Exports"])

    @router.get("/catalogue", dependencies=[Depends(json_only)], operation_id="getCatalogue")
    def get_catalogue(request: Request) -> JSONResponse:
        found = catalogue(service, base_url(request), _read_sources(service))
        return JSONResponse(found, media_type=LD_JSON)

    return router


def _read_sources(service: Service) -> list[SourceRow]:
    """Return each source of the current loads with its coverage and its newest load."""
    with service.engine.connect() as connection:
        return [SourceRow(*row) for row in read_sources(connection)]
