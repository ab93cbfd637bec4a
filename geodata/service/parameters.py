"""Refuses query parameters that an address does not know: what is ignored would mislead.

OGC API Features, Core: `query-param-unknown`. A client that asks for another coordinate system, or
misspells `bbox`, must be told and not get an answer to another question.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from fastapi import FastAPI, Request

from geodata.errors import RequestError

_EVERYWHERE = frozenset({"f"})  # clients ask for JSON by name, wherever
_FILTERED_BY_COLUMN = ("items", "{z}/{x}/{y}")  # these take any column of the collection


def make_check(find_app: Callable[[], FastAPI]) -> Callable[[Request], None]:
    """Return the dependency that checks a request; it reads what is known from the application."""

    @lru_cache(maxsize=1)
    def known() -> Mapping[str, frozenset[str]]:
        paths = find_app().openapi()["paths"]
        return {path: _names(each.get("get", {})) for path, each in paths.items()}

    def check(request: Request) -> None:
        path = request.scope["route"].path
        if not request.query_params or path not in known():
            return
        allowed = known()[path] | _EVERYWHERE | _columns(request, path)
        unknown = [name for name in request.query_params if name not in allowed]
        if unknown:
            listed = ", ".join(sorted(allowed))
            raise RequestError(f"no parameter is called {unknown[0][:80]!r}; known: {listed}")

    return check


def _names(operation: Mapping[str, object]) -> frozenset[str]:
    declared = operation.get("parameters", [])
    assert isinstance(declared, list)  # noqa: S101 - as OpenAPI has it
    return frozenset(each["name"] for each in declared if each["in"] == "query")


def _columns(request: Request, path: str) -> frozenset[str]:
    if not path.endswith(_FILTERED_BY_COLUMN):
        return frozenset()
    collections = request.app.state.collection_catalog["collections"]
    found = collections.get(request.path_params.get("collectionId"))
    return frozenset(column.name for column in found.properties) if found else frozenset()
