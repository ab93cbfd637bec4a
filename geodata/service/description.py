"""Describes the service as OpenAPI 3.0, which GIS clients and the standards ask for.

FastAPI lists the routes and their parameters; it writes OpenAPI 3.1, and knows neither what the
answers are nor which errors there can be.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from geodata.service.description_parts import ANSWERS, ERRORS, PARAMETERS, SCHEMAS
from geodata.service.forms import MEDIA, PageForm, answer_document
from geodata.service.links import base_url
from geodata.service.parameters import COLUMNS

VERSION = "3.0.3"
_BY_COLUMNS = frozenset({"getFeatures", ".collection.vector.getTile"})


def describe_by(app: FastAPI) -> None:
    """Make an application describe itself so."""
    kept: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not kept:
            kept.update(_describe(app))
        return kept

    app.openapi = openapi  # type: ignore[method-assign]


def description_router(find_app: Callable[[], FastAPI]) -> APIRouter:
    """Return the route of the description."""
    router = APIRouter(tags=["OGC API Common"])

    @router.get("/api", operation_id="getApi")
    def api(request: Request, f: PageForm = None) -> Response:
        """Return this description: every address, its parameters, answers and errors."""
        document = find_app().openapi() | {"servers": [{"url": base_url(request)}]}
        return answer_document(request, f, document, "api", ("openapi", "html", "json"))

    return router


def _describe(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=VERSION,
        description="Published data of the city; provenance and licence stand in each collection.",
        routes=app.routes,
    )
    found["paths"] = {
        path: {"get": _operation(each["get"])} for path, each in found["paths"].items()
    }
    found["components"] = {"schemas": SCHEMAS, "parameters": PARAMETERS, "responses": ERRORS}
    return found


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    name = operation["operationId"]
    own = frozenset() if name == "getFeatures" else frozenset({"limit"})
    parameters = [_parameter(each, own) for each in operation.get("parameters", [])]
    if name in _BY_COLUMNS:
        parameters.append(_reference("parameters", COLUMNS))
    content = {
        MEDIA.get(form, form): {"schema": _schema(schema)} for form, schema in ANSWERS[name].items()
    }
    responses: dict[str, Any] = {
        "200": {"description": "The answer.", "content": content},
        "304": {"description": "What the client has is still true."},
        "400": _reference("responses", "BadRequest"),
        "404": _reference("responses", "NotFound"),
        "500": _reference("responses", "ServerError"),
        "503": _reference("responses", "Unavailable"),
    }
    if name.endswith("getTile"):
        responses["204"] = {"description": "The tile is empty."}
    return {**operation, "parameters": parameters, "responses": responses}


def _schema(name: str) -> dict[str, Any]:
    if name in ("binary", "text"):
        return {"type": "string"} | ({"format": "binary"} if name == "binary" else {})
    return _reference("schemas", name)


def _parameter(declared: dict[str, Any], own: frozenset[str]) -> dict[str, Any]:
    """Return a parameter as a reference where it is one of the standard's, else in 3.0's words.

    `own` are those that mean something else in this operation.
    """
    if declared["in"] == "query" and declared["name"] in PARAMETERS.keys() - own:
        return _reference("parameters", declared["name"])
    return {**declared, "schema": _as_30(declared["schema"])}


def _as_30(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in the words of 3.0: what may be left out is not of type null."""
    chosen = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if chosen:
        rest = {name: each for name, each in schema.items() if name != "anyOf"}
        return _as_30({**rest, **chosen[0]})
    known = {name: each for name, each in schema.items() if name != "const"}
    return known | ({"enum": [schema["const"]]} if "const" in schema else {})


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}
