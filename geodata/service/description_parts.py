"""The parts of the OpenAPI description that no route says itself: answers, errors, parameters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from geodata.http.problems import PROBLEM_JSON
from geodata.service.conditions import DEFAULT_PAGE, LARGEST_PAGE


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer", "minimum": 0}
_ANY = {"type": "object"}
_LINKS = _list_of("Link")

SCHEMAS: dict[str, Any] = {
    "Link": _object("href", "rel", href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "Problem": _object(
        "type",
        "title",
        "status",
        "detail",
        "instance",
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        instance=_TEXT,
        faults={"type": "array", "items": _ANY},
    ),
    "LandingPage": _object("title", "links", title=_TEXT, description=_TEXT, links=_LINKS),
    "Conformance": _object("conformsTo", conformsTo={"type": "array", "items": _TEXT}),
    "Collections": _object(
        "links",
        "collections",
        links=_LINKS,
        collections=_list_of("Collection"),
        numberMatched=_COUNT,
        numberReturned=_COUNT,
    ),
    "Collection": _object(
        "id",
        "links",
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        links=_LINKS,
        extent=_ANY,
        itemType=_TEXT,
        crs={"type": "array", "items": _TEXT},
        storageCrs=_TEXT,
        license=_TEXT,
        attribution=_TEXT,
        keywords={"type": "array", "items": _TEXT},
        provenance=_ANY,
    ),
    "Metadata": _object(
        "id",
        "provenance",
        "unit",
        "period",
        "version",
        id=_TEXT,
        title=_ANY,
        provenance=_TEXT,
        unit=_ANY,
        period=_TEXT,
        version=_TEXT,
    ),
    "Geometry": {
        **_object("type", type=_TEXT, coordinates={"type": "array", "items": {}}),
        "nullable": True,
    },
    "Feature": _object(
        "type",
        "geometry",
        "properties",
        type={"type": "string", "enum": ["Feature"]},
        id={"oneOf": [_TEXT, {"type": "integer"}]},
        geometry={"$ref": "#/components/schemas/Geometry"},
        properties={"type": "object", "nullable": True},
        links=_LINKS,
    ),
    "FeatureCollection": _object(
        "type",
        "features",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list_of("Feature"),
        links=_LINKS,
        numberMatched=_COUNT,
        numberReturned=_COUNT,
    ),
    "Rows": {"type": "array", "items": _ANY},
    "JsonSchema": _object("$schema", "type", "properties", type=_TEXT, properties=_ANY),
    "TileMatrixSets": _object("tileMatrixSets", tileMatrixSets={"type": "array", "items": _ANY}),
    "TileMatrixSet": _object("tileMatrices", tileMatrices={"type": "array", "items": _ANY}),
    "TileSets": _object("tilesets", tilesets=_list_of("TileSet")),
    "TileSet": _object(
        "dataType",
        "crs",
        "links",
        title=_TEXT,
        dataType=_TEXT,
        crs=_TEXT,
        links=_LINKS,
        tileMatrixSetURI=_TEXT,
        tileMatrixSetLimits={"type": "array", "items": _ANY},
    ),
    "TileJson": _object(
        "tilejson",
        "tiles",
        tilejson=_TEXT,
        tiles={"type": "array", "items": _TEXT},
        minzoom=_COUNT,
        maxzoom=_COUNT,
        bounds={"type": "array", "items": _NUMBER},
    ),
    "Grids": _object("dggrs", "links", dggrs={"type": "array", "items": _ANY}, links=_LINKS),
    "Grid": _object("id", "links", id=_TEXT, title=_TEXT, links=_LINKS),
    "GridDefinition": _object("title", "dggh", title=_TEXT, dggh=_ANY),
    "Zone": _object("id", "links", id=_TEXT, level=_COUNT, geometry=_ANY, links=_LINKS),
    "Zones": _object("zones", zones={"type": "array", "items": _TEXT}, links=_LINKS),
    "ZoneData": _object("dggrs", "zoneId", "depths", "values", zoneId=_TEXT, values=_ANY),
    "Catalogue": _object("@context", "@type"),
    "Context": _object("@context"),
    "Entity": _object("id", "type", id=_TEXT, type=_TEXT),
    "Entities": _list_of("Entity"),
}

_PAGES = {"html": "text"}
_TABLES = {
    "geojsonseq": "text",
    "ndjson": "text",
    "csv": "text",
    "parquet": "binary",
    "arrow": "binary",
}
# By operation: the forms of its answer, and the schema of each.
ANSWERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "getApi": {"openapi": "text", "json": "text", **_PAGES},
        "getLandingPage": {"json": "LandingPage", **_PAGES},
        "getConformanceClasses": {"json": "Conformance", **_PAGES},
        "getCollections": {"json": "Collections", **_PAGES},
        "getCollection": {"json": "Collection", **_PAGES},
        "getMetadata": {"json": "Metadata", **_PAGES},
        "getFeatures": {"geojson": "FeatureCollection", "json": "Rows", **_TABLES, **_PAGES},
        "getFeature": {"geojson": "Feature", "json": "Rows", **_TABLES, **_PAGES},
        "getQueryables": {"schemajson": "JsonSchema", "json": "JsonSchema", **_PAGES},
        "getTileMatrixSetsList": {"json": "TileMatrixSets", **_PAGES},
        "getTileMatrixSet": {"json": "TileMatrixSet", **_PAGES},
        ".collection.vector.getTileSetsList": {"json": "TileSets", **_PAGES},
        ".collection.vector.getTileSet": {"json": "TileSet", **_PAGES},
        ".collection.vector.getTileJSON": {"json": "TileJson"},
        ".collection.vector.getTile": {"application/vnd.mapbox-vector-tile": "binary"},
        "getGridDefinition": {"json": "GridDefinition"},
        "getGrids": {"json": "Grids"},
        "getGrid": {"json": "Grid"},
        "getZone": {"json": "Zone"},
        "getZones": {"json": "Zones"},
        "getZoneData": {"json": "ZoneData", "geojson": "FeatureCollection"},
        "getCollectionGrids": {"json": "Grids"},
        "getCollectionGrid": {"json": "Grid"},
        "getCollectionZone": {"json": "Zone"},
        "getCollectionZones": {"json": "Zones"},
        "getCollectionZoneData": {"json": "ZoneData", "geojson": "FeatureCollection"},
        "getCatalogue": {"ld": "Catalogue"},
        "getContext": {"ld": "Context"},
        "getEntities": {"ld": "Entities", "json": "Entities"},
        "getEntity": {"ld": "Entity", "json": "Entity"},
    }
)


def _error(says: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": says, "content": {PROBLEM_JSON: {"schema": schema}}}


ERRORS: dict[str, Any] = {
    "BadRequest": _error("A parameter is not known, given twice, or makes no sense."),
    "NotFound": _error("There is nothing at this address."),
    "ServerError": _error("The server is at fault; its log says how."),
    "Unavailable": _error("The database does not answer, or the answer takes too long."),
}


def _query(name: str, says: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": says,
        "schema": schema,
        "style": "form",
        "explode": False,
        **more,
    }


PARAMETERS: dict[str, Any] = {
    "bbox": _query(
        "bbox",
        "West, south, east, north in CRS84; with heights six numbers. West beyond east crosses the "
        "antimeridian.",
        {"type": "array", "minItems": 4, "maxItems": 6, "items": _NUMBER},
    ),
    "datetime": _query(
        "datetime",
        "An instant or an interval after RFC 3339, `..` for an open end. A row is found if its "
        "period intersects it; what has no period is always found.",
        _TEXT,
    ),
    "limit": _query(
        "limit",
        "The most that are returned; a larger one is taken as the largest.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE},
    ),
    "columns": _query(
        "columns",
        "Any column of the collection (see its queryables): its value must be equal.",
        {"type": "object", "additionalProperties": _TEXT},
        explode=True,
    ),
}
