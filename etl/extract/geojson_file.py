"""GeoJSON (RFC 7946): longitude, latitude in WGS-84; a `crs` member is ignored."""

import json
from typing import Any

import shapely

from etl.extract.extracted import Extracted, flatten, frame_of
from etl.extract.json_file import parse_json
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_geojson(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a feature collection; the feature's own id is the column `@id`.

    Raises:
        ExtractError: it is not a feature collection, or a geometry is not one; names the feature.
    """
    content = parse_json(file, declaration.encoding)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise ExtractError(f"{file}: is not a GeoJSON FeatureCollection")
    records = []
    shapes: list[bytes | None] = []
    for row, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise ExtractError(f"{file}: row {row}, field 'properties': is not an object")
        identifier = {"@id": feature["id"]} if "id" in feature else {}
        records.append(flatten(properties | identifier))
        shapes.append(_wkb(file, row, feature.get("geometry")))
    return Extracted(frame_of(records, range(1, len(records) + 1), shapes))


def _wkb(file: SourceFile, row: int, geometry: Any) -> bytes | None:
    if geometry is None:
        return None
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except shapely.GEOSException as error:
        raise ExtractError(f"{file}: row {row}, field 'geometry': {error}") from None
    return None if shape.is_empty else shapely.to_wkb(shape, output_dimension=2)


FORMATS.register(
    RowFormat(
        name="geojson",
        says="a feature collection in WGS-84 (RFC 7946)",
        read=read_geojson,
    )
)
