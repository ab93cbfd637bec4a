"""The values of a zone's sub-zones as DGGS-JSON and as GeoJSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import shapely
from sqlalchemy import Connection

from geodata.errors import RequestError
from geodata.published.layers import PublishedLayer
from geodata.published.reading import read_published_values
from geodata.published.statuses import STATUSES, said_of_statuses
from geodata.service.about import said_of
from geodata.service.dggs.zones import descendants
from geodata.space.grid import Cells, cell_polygons, cell_res, cells_to_texts

SCHEMA = "https://schemas.opengis.net/ogcapi/dggs/part1/1.0/openapi/schemas/dggs-json/schema"
FIELDS = ("value", "lo", "hi", "n", "status")
MOST_ZONES = 20_000


def read_depth(
    connection: Connection, layers: Sequence[PublishedLayer], zone: int, depth: int
) -> tuple[Cells, dict[str, pl.DataFrame]]:
    """Return the sub-zones of a depth in canonical order and, by layer, their rows in that order.

    Raises:
        HTTPException: no layer has values at that depth, or there are too many; status 400.
    """
    level = int(cell_res(np.array([zone]))[0]) + depth
    finest = max((max(layer.res) for layer in layers if layer.res), default=0)
    if level > finest:
        raise RequestError(f"values reach level {finest}, not {level}")
    if 7**depth > MOST_ZONES:
        raise RequestError(f"depth {depth} is more than {MOST_ZONES} zones: ask for parts")
    zones = descendants(zone, depth)
    ordered = pl.DataFrame({"cell": zones})
    rows = {}
    for layer in layers:
        if level in layer.res:
            found = read_published_values(connection, layer.name, zones.tolist(), layer.period)
            rows[layer.name] = ordered.join(found, on="cell", how="left", maintain_order="left")
    return zones, rows


def has_data(rows: Mapping[str, pl.DataFrame]) -> bool:
    """Return whether any sub-zone has a row."""
    return any(frame["status"].is_not_null().any() for frame in rows.values())


def dggs_json(
    dggrs: str,
    zone: str,
    layers: Sequence[PublishedLayer],
    packets: Mapping[int, tuple[Cells, Mapping[str, pl.DataFrame]]],
) -> dict[str, Any]:
    """Return a DGGS-JSON document; fields are `value`, of several layers `<layer>.value`."""
    values: dict[str, list[dict[str, Any]]] = {}
    for depth, (zones, rows) in packets.items():
        for layer in layers:
            if layer.name not in rows:
                continue
            for field in FIELDS:
                packet = {
                    "depth": depth,
                    "shape": {"count": len(zones), "subZones": len(zones)},
                    "data": rows[layer.name][field].to_list(),
                }
                values.setdefault(_field(layers, layer, field), []).append(packet)
    return {
        "$schema": SCHEMA,
        "dggrs": dggrs,
        "zoneId": zone,
        "depths": list(packets),
        "schema": _schema(layers),
        "metadata": {layer.name: said_of(layer) for layer in layers},
        "values": values,
    }


def geojson(
    layers: Sequence[PublishedLayer],
    packets: Mapping[int, tuple[Cells, Mapping[str, pl.DataFrame]]],
    *,
    as_points: bool,
) -> dict[str, Any]:
    """Return a feature a sub-zone with data, as its region or its middle."""
    features = []
    for depth, (zones, rows) in packets.items():
        shapes = cell_polygons(zones)
        drawn = shapely.to_geojson(shapely.centroid(shapes) if as_points else shapes)
        columns = {
            _field(layers, layer, field): rows[layer.name][field].to_list()
            for layer in layers
            if layer.name in rows
            for field in FIELDS
        }
        for index, text in enumerate(cells_to_texts(zones)):
            properties = {name: column[index] for name, column in columns.items()}
            if any(each is not None for each in properties.values()):
                features.append(
                    {
                        "type": "Feature",
                        "id": text,
                        "geometry": json.loads(drawn[index]),
                        "properties": {"zoneId": text, "depth": depth, **properties},
                    }
                )
    said = {layer.name: said_of(layer) for layer in layers}
    return {"type": "FeatureCollection", "metadata": said, "features": features}


def _field(layers: Sequence[PublishedLayer], layer: PublishedLayer, field: str) -> str:
    return field if len(layers) == 1 else f"{layer.name}.{field}"


def _schema(layers: Sequence[PublishedLayer]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for layer in layers:
        for field in FIELDS:
            whole = field in ("n", "status")
            described: dict[str, Any] = {
                "type": "integer" if whole else "number",
                "title": f"{layer.title_zh} · {layer.title_en}: {field}",
                "x-ogc-property-seq": len(properties) + 1,
            }
            if not whole:
                described["x-ogc-unit"] = layer.unit_en
            if field == "status":
                described["enum"] = list(STATUSES)
                described["description"] = said_of_statuses()
            properties[_field(layers, layer, field)] = described
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": layers[0].title_en if len(layers) == 1 else "All published layers",
        "type": "object",
        "properties": properties,
    }
