"""`/healthz`: whether the database answers, the newest load, the versions that run."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geodata.errors import DatabaseError
from geodata.queries.screens import read_freshness

PACKAGES = ("dash", "fastapi", "polars", "h3")
UNAVAILABLE = 503


def report(engine: Engine) -> dict[str, Any]:
    """Return the facts of the health address; raises if the database does not answer."""
    freshness = read_freshness(engine)
    return {
        "database": "ok",
        "load_id": freshness.load_id,
        "loaded_at": freshness.loaded_at and freshness.loaded_at.isoformat(),
        "build_id": freshness.build_id,
        "incidents_to": freshness.incidents_to and freshness.incidents_to.isoformat(),
        "is_simulated": freshness.is_simulated,
        "versions": {name: version(name) for name in PACKAGES},
    }


def health_router(engine: Engine) -> APIRouter:
    """Return the router of the health address."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        try:
            return JSONResponse(report(engine), headers={"Cache-Control": "no-store"})
        except (SQLAlchemyError, DatabaseError):
            return JSONResponse({"database": "unreachable"}, UNAVAILABLE)

    return router
