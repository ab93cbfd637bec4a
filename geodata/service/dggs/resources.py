"""The DGGS resources of the whole dataset and of one collection: grids, zones, links."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from fastapi import Request

from geodata.errors import NotFoundError, RequestError
from geodata.published.layers import PublishedLayer
from geodata.published.views import COARSE_PREFIX
from geodata.service.about import layer_of
from geodata.service.catalog import Service
from geodata.service.dggs import parameters
from geodata.service.dggs.definition import DEFAULT_DEPTH, DGGRS
from geodata.service.dggs.zones import ZoneQuery, read_zones
from geodata.service.extents import Box, Span, overlaps
from geodata.service.links import LINK, base_url, link
from geodata.service.periods import layers_at
from geodata.space.grid import (
    STORAGE_RES,
    Cells,
    cell_area_km2,
    cell_polygons,
    cell_res,
    cell_to_parents,
    cells_to_children,
    cells_to_texts,
    neighbours,
)


@dataclass(frozen=True)
class ZoneFilter:
    """Which zones a client asks for; `parent` as it was written."""

    box: Box | None
    parent: str | None
    is_compact: bool


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

    def during(
        self, layers: list[PublishedLayer], span: Span | None, period: str | None
    ) -> list[PublishedLayer]:
        """Return the layers in all their periods that meet a time, without one as of a period."""
        if span is None:
            return self.at(layers, period)
        return [
            each
            for layer in layers
            for each in self._service.periods[layer.name]
            if overlaps(span, each.starts_at, each.ends_at) and period in (None, each.period)
        ]

    def zones(self, layers: list[PublishedLayer], level: int | None, chosen: ZoneFilter) -> Cells:
        """Return the zones of a level, by default the finest, in which the layers have data.

        Raises:
            RequestError: no value is known at such a level.
        """
        finest = _finest(layers)
        wanted = finest if level is None else level
        if layers and wanted > finest:
            raise RequestError(f"values reach level {finest}, not {wanted}")
        above = parameters.read_zone(chosen.parent) if chosen.parent else None
        with self._service.engine.connect() as connection:
            query = ZoneQuery(wanted, chosen.box, above, chosen.is_compact)
            return read_zones(connection, layers, query)

    def address(self, request: Request, collection: str | None) -> str:
        """Return the address of the list of grids."""
        origin = f"/collections/{collection}" if collection else ""
        return f"{base_url(request)}{origin}/dggs"

    def grid(self, request: Request, collection: str | None) -> dict[str, Any]:
        """Return the description of H3 for these data."""
        base = f"{self.address(request, collection)}/{DGGRS}"
        finest = _finest(self.layers(collection))
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
            layers = self.layers(collection)
            query = ZoneQuery(level, parent=cell, is_compact=False)
            if level <= _finest(layers) and len(read_zones(connection, layers, query)):
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


def _finest(layers: list[PublishedLayer]) -> int:
    return max((max(each.res) for each in layers), default=0)


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
