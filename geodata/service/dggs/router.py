"""The routes of the DGGS: of the whole dataset (`/dggs`) and of one collection."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import JSONResponse

from geodata.errors import NotFoundError
from geodata.service.catalog import Service
from geodata.service.conditions import collection_named
from geodata.service.dggs import parameters
from geodata.service.dggs.data import dggs_json, geojson, has_data, read_depth
from geodata.service.dggs.definition import DEFAULT_DEPTH, DGGRS, FINEST, definition
from geodata.service.dggs.resources import DggsResources, ZoneFilter
from geodata.service.extents import read_span
from geodata.service.forms import json_only
from geodata.service.links import base_url, link
from geodata.space.grid import Cells, cell_area_km2, cells_to_texts

MOST_LISTED = 50_000
Format = Annotated[Literal["json", "geojson"] | None, Query()]
Where = Annotated[str | None, Query()]


def dggs_router(service: Service) -> APIRouter:
    """Return the routes of both origins."""
    resources = DggsResources(service)
    router = APIRouter(tags=["OGC API DGGS"])

    @router.get(
        f"/dggs/{DGGRS}/definition",
        dependencies=[Depends(json_only)],
        operation_id="getGridDefinition",
    )
    def get_definition(request: Request) -> dict[str, Any]:
        return definition(f"{base_url(request)}/dggs/{DGGRS}/definition")

    for prefix in ("", "/collections/{collectionId}"):
        _add_grid(router, resources, prefix)
        _add_zones(router, resources, prefix)
        _add_data(router, service, resources, prefix)
    return router


def _origin_of(prefix: str) -> list[Dependency]:
    """Return what reads the collection of an address that has one."""
    return [Depends(collection_named)] if prefix else []


def _operation(prefix: str, name: str) -> str:
    return f"getCollection{name}" if prefix else f"get{name}"


def _origin(request: Request) -> str | None:
    found: str | None = request.path_params.get("collectionId")
    return found


def _add_grid(router: APIRouter, resources: DggsResources, prefix: str) -> None:
    @router.get(
        prefix + "/dggs",
        dependencies=[Depends(json_only), *_origin_of(prefix)],
        operation_id=_operation(prefix, "Grids"),
    )
    def get_grids(request: Request) -> dict[str, Any]:
        origin = _origin(request)
        whole = resources.grid(request, origin)
        links = [each for each in whole["links"] if "zone-query" not in each["rel"]]
        short = {name: whole[name] for name in ("id", "title")} | {"links": links}
        return {"links": [link(resources.address(request, origin), "self")], "dggrs": [short]}

    @router.get(
        prefix + f"/dggs/{DGGRS}",
        dependencies=[Depends(json_only), *_origin_of(prefix)],
        operation_id=_operation(prefix, "Grid"),
    )
    def get_grid(request: Request) -> dict[str, Any]:
        return resources.grid(request, _origin(request))

    @router.get(
        prefix + f"/dggs/{DGGRS}/zones/{{zoneId}}",
        dependencies=[Depends(json_only), *_origin_of(prefix)],
        operation_id=_operation(prefix, "Zone"),
    )
    def get_zone(request: Request, zoneId: str) -> dict[str, Any]:  # noqa: N803
        return resources.zone(request, _origin(request), zoneId)


def _add_zones(router: APIRouter, resources: DggsResources, prefix: str) -> None:
    @router.get(
        prefix + f"/dggs/{DGGRS}/zones",
        dependencies=[Depends(json_only), *_origin_of(prefix)],
        operation_id=_operation(prefix, "Zones"),
    )
    def get_zones(
        request: Request,
        level: Annotated[int | None, Query(alias="zone-level", ge=0, le=FINEST)] = None,
        parent: Annotated[str | None, Query(alias="parent-zone")] = None,
        is_compact: Annotated[bool, Query(alias="compact-zones")] = True,
        bbox: Where = None,
        bbox_crs: Annotated[str | None, Query(alias="bbox-crs")] = None,
        subset: Annotated[list[str] | None, Query()] = None,
        subset_crs: Annotated[str | None, Query(alias="subset-crs")] = None,
        datetime: Where = None,
        collections: Where = None,
        period: Where = None,
        limit: Annotated[int, Query(ge=1)] = MOST_LISTED,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> dict[str, Any]:
        asked = parameters.read_area(bbox, bbox_crs, subset, subset_crs)
        span = read_span(datetime) if datetime else asked.span
        layers = resources.during(resources.layers(_origin(request), collections), span, period)
        zones = resources.zones(layers, level, ZoneFilter(asked.box, parent, is_compact))
        return _zones_page(request, zones, offset, min(limit, MOST_LISTED))


def _zones_page(request: Request, zones: Cells, offset: int, limit: int) -> dict[str, Any]:
    """Return some of the zones, with the link to the next ones."""
    shown = zones[offset : offset + limit]
    links = [link(str(request.url), "self")]
    if offset + len(shown) < len(zones):
        onward = request.url.include_query_params(offset=offset + len(shown))
        links.append(link(str(onward), "next"))
    area = float(cell_area_km2(shown).sum()) * 1e6 if len(shown) else 0.0
    return {"zones": cells_to_texts(shown), "returnedAreaMetersSquare": area, "links": links}


def _add_data(router: APIRouter, service: Service, resources: DggsResources, prefix: str) -> None:
    @router.get(
        prefix + f"/dggs/{DGGRS}/zones/{{zoneId}}/data",
        dependencies=_origin_of(prefix),
        operation_id=_operation(prefix, "ZoneData"),
    )
    def get_data(
        request: Request,
        zoneId: str,  # noqa: N803
        depth: Annotated[str | None, Query(alias="zone-depth")] = None,
        geometry: Annotated[Literal["zone-region", "zone-centroid"], Query()] = "zone-region",
        collections: Where = None,
        period: Where = None,
        f: Format = None,
    ) -> Response:
        layers = resources.at(resources.layers(_origin(request), collections), period)
        cell = parameters.read_zone(zoneId)
        with service.engine.connect() as connection:
            packets = {
                each: read_depth(connection, layers, cell, each)
                for each in parameters.read_depths(depth, DEFAULT_DEPTH)
            }
        if not any(has_data(rows) for _, rows in packets.values()):
            raise NotFoundError(f"{zoneId} has no data at this depth")
        accepted = request.headers.get("accept", "")
        if f == "geojson" or (f is None and "geo+json" in accepted):
            as_points = geometry == "zone-centroid"
            content = geojson(layers, packets, as_points=as_points)
            return JSONResponse(content, media_type="application/geo+json")
        grid = f"{base_url(request)}/dggs/{DGGRS}/definition"
        return JSONResponse(dggs_json(grid, zoneId, layers, packets))
