"""The DGGS resources of the whole dataset (`/dggs`) and of one collection."""

from typing import Annotated, Any, Literal

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import JSONResponse

from geodata.errors import NotFoundError, RequestError
from geodata.published.layers import PublishedLayer
from geodata.published.views import COARSE_PREFIX
from geodata.service.about import layer_of
from geodata.service.catalog import Service
from geodata.service.conditions import collection_named
from geodata.service.dggs import parameters
from geodata.service.dggs.data import dggs_json, geojson, has_data, read_depth
from geodata.service.dggs.definition import DEFAULT_DEPTH, DGGRS, FINEST, definition
from geodata.service.dggs.zones import ZoneQuery, read_zones
from geodata.service.extents import overlaps, read_box, read_span
from geodata.service.forms import json_only
from geodata.service.links import LINK, base_url, link
from geodata.service.periods import layers_at
from geodata.space.grid import (
    STORAGE_RES,
    cell_area_km2,
    cell_polygons,
    cell_res,
    cell_to_parents,
    cells_to_children,
    cells_to_texts,
    neighbours,
)

MOST_LISTED = 50_000
Format = Annotated[Literal["json", "geojson"] | None, Query()]
Where = Annotated[str | None, Query()]


class DggsResources:
    """The answers of the routes; `collection` is None for the whole dataset."""

    def __init__(self, service: Service) -> None:
        """Keep the service."""
        self._service = service

    def layers(self, collection: str | None, chosen: str | None = None) -> list[PublishedLayer]:
        """Return the layers of a collection, or those of the dataset that `collections` names."""
        known = self._service.layers
        if collection is None:
            named = chosen.split(",") if chosen else [n for n, each in known.items() if each.res]
            return [self.layers(name)[0] for name in named]
        layer = layer_of(collection, known)
        if layer is None or not layer.res or collection.startswith(COARSE_PREFIX):
            raise NotFoundError(f"{collection!r} has no data by zone")
        return [layer]

    def at(self, layers: list[PublishedLayer], period: str | None) -> list[PublishedLayer]:
        """Return the layers as of a period, by default of their newest."""
        return layers_at(self._service.periods, [each.name for each in layers], period)

    def address(self, request: Request, collection: str | None) -> str:
        """Return the address of the list of grids."""
        origin = f"/collections/{collection}" if collection else ""
        return f"{base_url(request)}{origin}/dggs"

    def grid(self, request: Request, collection: str | None) -> dict[str, Any]:
        """Return the description of H3 for these data."""
        base = f"{self.address(request, collection)}/{DGGRS}"
        finest = max((max(each.res) for each in self.layers(collection)), default=0)
        return {
            "id": DGGRS,
            "title": "H3",
            "description": "H3 hexagonal hierarchy, aperture 7; the states' own grid.",
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            "defaultDepth": DEFAULT_DEPTH,
            "maxRefinementLevel": finest,
            "maxRelativeDepth": 5,
            "links": [
                link(base, "self"),
                link(f"{base_url(request)}/dggs/{DGGRS}/definition", LINK + "dggrs-definition"),
                link(f"{base}/zones", LINK + "dggrs-zone-query"),
            ],
            "linkTemplates": [
                _template(f"{base}/zones/{{zoneId}}", "dggrs-zone-info"),
                _template(f"{base}/zones/{{zoneId}}/data", "dggrs-zone-data"),
            ],
        }

    def zone(self, request: Request, collection: str | None, text: str) -> dict[str, Any]:
        """Return a zone: its centre, area, parents, children and neighbours."""
        cell = parameters.read_zone(text)
        level = int(cell_res(np.array([cell]))[0])
        base = f"{self.address(request, collection)}/{DGGRS}"
        links = [link(f"{base}/zones/{text}", "self"), link(base, LINK + "dggrs")]
        for rel, texts in _relatives(cell, level).items():
            links += [link(f"{base}/zones/{each}", LINK + rel) for each in texts]
        with self._service.engine.connect() as connection:
            finest = max((max(each.res) for each in self.layers(collection)), default=0)
            query = ZoneQuery(level, parent=cell, is_compact=False)
            if level <= finest and len(read_zones(connection, self.layers(collection), query)):
                links.append(link(f"{base}/zones/{text}/data", LINK + "dggrs-zone-data"))
        outline = cell_polygons(np.array([cell]))[0]
        return {
            "id": text,
            "level": level,
            "areaMetersSquare": float(cell_area_km2(np.array([cell]))[0]) * 1e6,
            "geometry": shapely.geometry.mapping(outline),
            "bbox": list(shapely.bounds(outline)),
            "links": links,
        }


def _template(href: str, rel: str) -> dict[str, str]:
    return {"uriTemplate": href, "rel": LINK + rel, "type": "application/json"}


def _relatives(cell: int, level: int) -> dict[str, list[str]]:
    """Return parent, children and neighbours as text, by link relation."""
    one = np.array([cell], dtype=np.int64)
    parents = cell_to_parents(one, level - 1) if level else one[:0]
    children = cells_to_children(one, level + 1) if level < STORAGE_RES else one[:0]
    return {
        "dggrs-zone-parent": cells_to_texts(parents),
        "dggrs-zone-child": cells_to_texts(children),
        "dggrs-zone-neighbor": cells_to_texts(neighbours(cell)),
    }


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
        _add_zones(router, service, resources, prefix)
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


def _add_zones(router: APIRouter, service: Service, resources: DggsResources, prefix: str) -> None:
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
        layers = resources.layers(_origin(request), collections)
        box, span = parameters.read_subset(subset or [])
        if bbox is not None:
            if box is not None:
                raise RequestError("bbox and subset name the same axes")
            parameters.check_crs(bbox_crs)
            box = read_box(bbox)
        elif box is not None:
            parameters.check_crs(subset_crs)
        span = read_span(datetime) if datetime else span
        if span is not None:
            layers = [
                each
                for layer in layers
                for each in service.periods[layer.name]
                if overlaps(span, each.starts_at, each.ends_at) and period in (None, each.period)
            ]
        else:
            layers = resources.at(layers, period)
        finest = max((max(each.res) for each in layers), default=0)
        wanted = finest if level is None else level
        if layers and wanted > finest:
            raise RequestError(f"values reach level {finest}, not {wanted}")
        above = parameters.read_zone(parent) if parent else None
        with service.engine.connect() as connection:
            zones = read_zones(connection, layers, ZoneQuery(wanted, box, above, is_compact))
        shown = zones[offset : offset + min(limit, MOST_LISTED)]
        links = [link(str(request.url), "self")]
        if offset + len(shown) < len(zones):
            onward = request.url.include_query_params(offset=offset + len(shown))
            links.append(link(str(onward), "next"))
        area = float(cell_area_km2(shown).sum()) * 1e6 if len(shown) else 0.0
        return {
            "zones": cells_to_texts(shown),
            "returnedAreaMetersSquare": area,
            "links": links,
        }


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
