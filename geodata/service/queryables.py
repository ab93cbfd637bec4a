"""Describes what may be asked of a collection: its columns as a JSON Schema."""

from typing import Any

from tipg.collections import Column

from geodata.service.collection import ServedCollection

_FORMATS = {"timestamptz": "date-time", "timestamp": "date-time", "date": "date"}
_WHOLE = frozenset({"smallint", "integer", "bigint"})
_SHAPES = {
    "POINT": "geometry-point",
    "MULTIPOINT": "geometry-multipoint",
    "LINESTRING": "geometry-linestring",
    "POLYGON": "geometry-polygon",
    "MULTIPOLYGON": "geometry-multipolygon",
}


def queryables_of(found: ServedCollection, address: str) -> dict[str, Any]:
    """Return the schema; `address` is its own."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": found.title or found.id,
        "description": found.description or "",
        "properties": {column.name: _describe(column) for column in found.table_columns},
        "additionalProperties": False,
    }


def _describe(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {"title": column.description or column.name}
    if column.is_geometry:
        kind = (column.geometry_type or "").upper()
        return said | {
            "format": _SHAPES.get(kind, "geometry-any"),
            "x-ogc-role": "primary-geometry",
        }
    kind = "integer" if column.type in _WHOLE else column.json_type
    said["type"] = kind
    if column.type in _FORMATS:
        said["format"] = _FORMATS[column.type]
    return said
