"""GeoJSON (RFC 7946): longitude, latitude in WGS-84; a `crs` member is ignored."""

import json
from pathlib import Path
from typing import Any

import shapely

from etl.extract.extracted import Extracted, flatten, frame_of
from etl.extract.json_file import parse_json
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError


def read_geojson(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read a feature collection; the feature's own id is the column `@id`.

    Raises:
        ExtractError: it is not a feature collection, or a geometry is not one; names the feature.
    """
    content = parse_json(path, declaration.encoding)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise ExtractError(f"{path}: is not a GeoJSON FeatureCollection")
    records = []
    shapes: list[bytes | None] = []
    for row, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise ExtractError(f"{path}: row {row}, field 'properties': is not an object")
        identifier = {"@id": feature["id"]} if "id" in feature else {}
        records.append(flatten(properties | identifier))
        shapes.append(_wkb(path, row, feature.get("geometry")))
    return Extracted(frame_of(records, range(1, len(records) + 1), shapes))


def _wkb(path: Path, row: int, geometry: Any) -> bytes | None:
    if geometry is None:
        return None
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except shapely.GEOSException as error:
        raise ExtractError(f"{path}: row {row}, field 'geometry': {error}") from None
    return None if shape.is_empty else shapely.to_wkb(shape, output_dimension=2)
