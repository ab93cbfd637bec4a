"""Refuses query parameters that an address does not know: what is ignored would mislead.

OGC API Features, Core: `query-param-unknown`. A client that asks for another coordinate system, or
misspells `bbox`, must be told and not get an answer to another question. One that gives a parameter
twice gets an answer to neither.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request

from geodata.errors import RequestError
from geodata.service.conditions import plain_columns

COLUMNS = "columns"  # what stands in the description for the columns of a collection
_FILTERED_BY_COLUMN = (
    "items",
    "{tileMatrix}/{tileCol}/{tileRow}",
)  # these take any column of the collection


def make_check(find_app: Callable[[], FastAPI]) -> Callable[[Request], None]:
    """Return the dependency that checks a request; it reads what is known from the application."""

    @lru_cache(maxsize=1)
    def known() -> Mapping[str, Mapping[str, bool]]:
        document = find_app().openapi()
        return {path: _names(document, each.get("get", {})) for path, each in _paths(document)}

    def check(request: Request) -> None:
        if "\0" in request.url.path or "%00" in request.url.query:
            raise RequestError("an address holds no character NUL")
        path = request.scope["route"].path
        if not request.query_params or path not in known():
            return
        allowed = {**dict.fromkeys(_columns(request, path), False), **known()[path]}
        for name in request.query_params:
            if name not in allowed:
                listed = ", ".join(sorted(allowed))
                raise RequestError(f"no parameter is called {name[:80]!r}; known: {listed}")
            if len(request.query_params.getlist(name)) > 1 and not allowed[name]:
                raise RequestError(f"the parameter {name!r} is given more than once")

    return check


def _paths(document: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found: Mapping[str, Mapping[str, Any]] = document["paths"]
    return found.items()


def _names(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, bool]:
    """Return the parameters of an operation and whether each may be given more than once."""
    shared = document.get("components", {}).get("parameters", {})
    declared = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", [])
    ]
    return {
        each["name"]: each["schema"].get("type") == "array" and each.get("explode", True)
        for each in declared
        if each["in"] == "query" and each["name"] != COLUMNS
    }


def _columns(request: Request, path: str) -> frozenset[str]:
    if not path.endswith(_FILTERED_BY_COLUMN):
        return frozenset()
    collections = request.app.state.collection_catalog["collections"]
    found = collections.get(request.path_params.get("collectionId"))
    return plain_columns(found) if found else frozenset()
