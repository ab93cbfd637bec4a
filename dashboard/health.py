"""`/healthz`: whether the database answers; for known callers the newest load and the versions."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.errors import DatabaseError
from geodata.http.problems import UNAVAILABLE, answer_problem
from geodata.identity.caller import Role, current_caller
from geodata.queries.screens import read_freshness

PACKAGES = ("dash", "fastapi", "polars", "h3")
ADDRESS = "/healthz"


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


def health_router(engine: Engine, complaint: str = "") -> APIRouter:
    """Return the router of the health address; an administrator is told what is amiss."""
    router = APIRouter()

    @router.get(ADDRESS)
    def healthz() -> JSONResponse:
        try:
            facts = report(engine)
            if complaint and current_caller().role == Role.ADMINISTRATOR:
                facts["database_roles"] = complaint
            told = facts if current_caller().is_known else {"database": facts["database"]}
            return JSONResponse(told, headers={"Cache-Control": "no-store"})
        except (*DATABASE_ERRORS, DatabaseError):
            detail = "the database does not answer"
            return answer_problem(UNAVAILABLE, detail, ADDRESS, database="unreachable")

    return router
