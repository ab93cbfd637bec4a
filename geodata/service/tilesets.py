"""Describes a collection's sets of tiles: zooms, limits, columns, and where to get a tile."""

from typing import Any

from fastapi import Request
from morecantile import TileMatrixSet
from morecantile import tms as known_sets

from geodata.service.collection import ServedCollection
from geodata.service.links import LINK, base_url, link, own_links

COARSEST_ZOOM = 5  # the whole municipality is a few pixels
FINEST_ZOOM = 14  # a hexagon of resolution 8 is a tile wide; clients draw larger from this one
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_MVT = "application/vnd.mapbox-vector-tile"
_JSON = [("json", "application/json"), ("html", "text/html")]


def describe_set(
    request: Request, found: ServedCollection, name: str, *, is_short: bool
) -> dict[str, Any]:
    """Return a set of tiles; a short one, for a list, leaves limits and columns out."""
    matrices = known_sets.get(name)
    base = base_url(request)
    address = f"{base}/collections/{found.id}/tiles/{name}"
    scheme = link(f"{base}/tileMatrixSets/{name}", LINK + "tiling-scheme")
    kinds = _JSON if not is_short else _JSON[:1]
    tiles = link(address + "/{tileMatrix}/{tileCol}/{tileRow}", "item", _MVT)
    document = {
        "title": f"{found.title or found.id}: {name}",
        "dataType": "vector",
        "crs": str(matrices.crs.root if hasattr(matrices.crs, "root") else matrices.crs),
        "tileMatrixSetURI": str(matrices.uri or ""),
        "links": [*own_links(address, kinds), scheme, {**tiles, "templated": True}],
    }
    if is_short:
        return document
    west, south, east, north = found.bounds or (-180.0, -90.0, 180.0, 90.0)
    return document | {
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84},
        "tileMatrixSetLimits": limits_of(matrices, (west, south, east, north)),
        "layers": [
            {
                "id": "default",
                "dataType": "vector",
                "minTileMatrix": str(COARSEST_ZOOM),
                "maxTileMatrix": str(FINEST_ZOOM),
                "propertiesSchema": {"type": "object", "properties": _columns(found)},
            }
        ],
    }


def limits_of(
    matrices: TileMatrixSet, bounds: tuple[float, float, float, float]
) -> list[dict[str, Any]]:
    """Return the first and last row and column of each zoom inside which there are data."""
    west, south, east, north = bounds
    limits = []
    for zoom in range(COARSEST_ZOOM, FINEST_ZOOM + 1):
        upper, lower = matrices.tile(west, north, zoom), matrices.tile(east, south, zoom)
        limits.append(
            {
                "tileMatrix": str(zoom),
                "minTileRow": upper.y,
                "maxTileRow": lower.y,
                "minTileCol": upper.x,
                "maxTileCol": lower.x,
            }
        )
    return limits


def tile_json(request: Request, found: ServedCollection, name: str) -> dict[str, Any]:
    """Return the TileJSON of a collection, with the zooms that there are tiles of."""
    address = f"{base_url(request)}/collections/{found.id}/tiles/{name}"
    zooms = {"minzoom": COARSEST_ZOOM, "maxzoom": FINEST_ZOOM}
    fields = {name: each["type"] for name, each in _columns(found).items()}
    return {
        "tilejson": "3.0.0",
        "name": found.title or found.id,
        "description": found.description or "",
        "scheme": "xyz",
        "tiles": [address + "/{z}/{x}/{y}"],
        "bounds": list(found.bounds or ()),
        **zooms,
        "vector_layers": [{"id": "default", "fields": fields, **zooms}],
    }


def _columns(found: ServedCollection) -> dict[str, dict[str, str]]:
    return {
        column.name: {"type": column.json_type}
        for column in found.properties
        if not column.is_geometry
    }
