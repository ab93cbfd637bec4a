"""NGSI-LD for context brokers: the indicators as entities, with its queries."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import shapely
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath

from geodata.errors import NotFoundError, RequestError
from geodata.published.outlines import read_outlines
from geodata.published.reading import read_districts_of
from geodata.service.catalog import Service
from geodata.service.forms import MEDIA, answer_json, choose, json_only
from geodata.service.links import base_url
from geodata.service.ngsi import CONTEXT_PATH, entities, normalized
from geodata.service.ngsi_query import Test, read_area, read_q
from geodata.service.periods import layers_at

CONTEXT_FILE = Path(__file__).with_name("ngsi-context.jsonld")
ENTITIES = "/ngsi-ld/v1/entities"
LARGEST_LIMIT = 1000
_CONTEXT_REL = "http://www.w3.org/ns/json-ld#context"
_TOLERANCE_DEG = 0.001  # an outline in an entity is for finding it, not for drawing
Words = Annotated[str | None, Query(max_length=2000)]
Options = Annotated[Literal["keyValues", "simplified", "normalized"] | None, Query()]


def broker_router(service: Service) -> APIRouter:
    """Return the routes of NGSI-LD."""
    router = APIRouter(tags=["NGSI-LD"])

    @router.get(CONTEXT_PATH, dependencies=[Depends(json_only)], operation_id="getContext")
    def get_context() -> Response:
        """Return what the names of the entities mean."""
        return Response(CONTEXT_FILE.read_bytes(), media_type=MEDIA["ld"])

    @router.get(ENTITIES, operation_id="getEntities")
    def get_entities(
        request: Request,
        asked: Annotated[list[dict[str, Any]], Depends(_finder(service))],
        attrs: Words = None,
        options: Options = None,
        count: bool = False,
        limit: Annotated[int, Query(ge=1)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        """Return the entities that meet all conditions, a page at a time."""
        chosen = _with_attributes(asked, attrs)
        limit = min(limit, LARGEST_LIMIT)
        shown = [_shape(each, attrs, options) for each in chosen[offset : offset + limit]]
        headers = {"NGSILD-Results-Count": str(len(chosen))} if count else {}
        if offset + limit < len(chosen):
            onward = request.url.include_query_params(offset=offset + limit, limit=limit)
            headers["Link"] = f'<{onward}>; rel="next"'
        return _answer(request, shown, headers)

    @router.get(ENTITIES + "/{entityId}", operation_id="getEntity")
    def get_entity(
        request: Request,
        entityId: Annotated[str, InPath(max_length=300)],  # noqa: N803
        attrs: Words = None,
        options: Options = None,
    ) -> Response:
        """Return one entity."""
        found = [each for each in _read(service, None) if each["id"] == entityId]
        chosen = _with_attributes(found, attrs)
        if not chosen:
            raise NotFoundError(f"no entity is called {entityId!r}")
        return _answer(request, _shape(chosen[0], attrs, options), {})

    return router


def _finder(service: Service) -> Any:
    """Return the dependency that reads the conditions of a query and what meets them."""

    def find(
        ids: Annotated[str | None, Query(alias="id", max_length=4000)] = None,
        kinds: Annotated[str | None, Query(alias="type", max_length=400)] = None,
        q: Words = None,
        georel: Annotated[str | None, Query(max_length=80)] = None,
        geometry: Annotated[str | None, Query(max_length=20)] = None,
        coordinates: Annotated[str | None, Query(max_length=20_000)] = None,
        geoproperty: Literal["location"] | None = None,
        indicator: Annotated[str | None, Query(max_length=80)] = None,
        period: Annotated[str | None, Query(max_length=40)] = None,
    ) -> list[dict[str, Any]]:
        tests: list[Test] = []
        if kinds is not None:
            wanted = kinds.split(",")
            tests.append(lambda entity: entity["type"] in wanted)
        if ids is not None:
            named = frozenset(ids.split(","))
            tests.append(lambda entity: entity["id"] in named)
        if q is not None:
            tests.append(read_q(q))
        if georel is not None:
            area = read_area(georel, geometry, coordinates, service.city.metric_crs)
            tests.append(lambda entity: "location" in entity and area(entity))
        elif geometry or coordinates or geoproperty:
            raise RequestError("geometry, coordinates and geoproperty belong to a georel")
        found = _read(service, indicator, period)
        return [each for each in found if all(test(each) for test in tests)]

    return find


def _read(
    service: Service, indicator: str | None, period: str | None = None
) -> list[dict[str, Any]]:
    if indicator is not None and indicator not in service.layers:
        raise NotFoundError(f"no layer is called {indicator!r}")
    names = [indicator] if indicator else list(service.layers)
    with service.engine.connect() as connection:
        frames = [
            (each, read_districts_of(connection, each.name, each.period))
            for each in layers_at(service.periods, names, period)
        ]
        outlines = read_outlines(connection)
    outlines[service.city.code] = shapely.box(*service.city.bounds)
    places = {
        key: json.loads(shapely.to_geojson(shapely.simplify(each, _TOLERANCE_DEG)))
        for key, each in outlines.items()
    }
    return entities(service, frames, places)


def _with_attributes(found: list[dict[str, Any]], attrs: str | None) -> list[dict[str, Any]]:
    """Return the entities that have at least one of the attributes named."""
    if attrs is None:
        return found
    wanted = frozenset(attrs.split(","))
    return [each for each in found if wanted & each.keys()]


def _shape(entity: dict[str, Any], attrs: str | None, options: str | None) -> dict[str, Any]:
    shaped = entity if options in ("keyValues", "simplified") else normalized(entity)
    if attrs is None:
        return shaped
    wanted = {"id", "type", *attrs.split(",")}
    return {name: each for name, each in shaped.items() if name in wanted}


def _answer(request: Request, content: Any, headers: dict[str, str]) -> Response:
    """Answer with the context inside, or as plain JSON with a link to it."""
    context = base_url(request) + CONTEXT_PATH
    if choose(request, None, ("ld", "json")) == "json":
        beside = f'<{context}>; rel="{_CONTEXT_REL}"; type="{MEDIA["ld"]}"'
        joined = ", ".join(filter(None, [headers.get("Link"), beside]))
        answer = answer_json(content)
        answer.headers.update({**headers, "Link": joined})
        return answer
    inside = {"@context": [context]}
    is_one = isinstance(content, dict)
    whole = inside | content if is_one else [inside | each for each in content]
    answer = answer_json(whole, MEDIA["ld"])
    answer.headers.update(headers)
    return answer
