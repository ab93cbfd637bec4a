"""The catalogue of all data sets for data portals."""

from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy import func, select

from geodata.service.catalog import Service
from geodata.service.dcat import SourceRow, catalogue
from geodata.service.forms import json_only
from geodata.service.links import base_url
from geodata.tables import load

CONTEXT_FILE = Path(__file__).with_name("ngsi-context.jsonld")
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
    c = load.c
    statement = (
        select(
            c.source,
            func.max(c.owner),
            func.max(c.licence),
            func.bool_or(c.provenance == "simulated"),
            func.min(c.event_from),
            func.max(c.event_to),
            func.max(c.finished_at),
            func.array_agg(c.table_name.distinct()),
        )
        .where(c.status == "loaded")
        .group_by(c.source)
        .order_by(c.source)
    )
    with service.engine.connect() as connection:
        return [SourceRow(*row) for row in connection.execute(statement)]
