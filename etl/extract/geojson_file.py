"""GeoJSON (RFC 7946): longitude, latitude in WGS-84; a `crs` member is ignored."""

import json
from typing import Any

import numpy as np
import polars as pl
import shapely

from etl.extract.encoding import read_text
from etl.extract.extracted import RAW_REJECT_SCHEMA, TOO_DEEP, Extracted, flatten, frame_of
from etl.extract.geometry import NO_GEOMETRY, NOT_FINITE
from etl.extract.json_file import parse_json
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_geojson(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a feature collection; the feature's own id is the column `@id`.

    A feature that is not one, or whose geometry is none, is rejected.

    Raises:
        ExtractError: it is not a feature collection, or none of its features is one.
    """
    decoded = read_text(file, declaration)
    content = parse_json(file, decoded.text, declaration.limits)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise ExtractError(f"{file}: is not a GeoJSON FeatureCollection")
    records: list[dict[str, str | None]] = []
    rows: list[int] = []
    shapes: list[bytes | None] = []
    faults: list[tuple[int, str | None, str, str]] = []
    for row, feature in enumerate(features, start=1):
        try:
            record, shape = _read_feature(feature, declaration.limits.depth)
        except _FeatureError as fault:
            raw = json.dumps({"1": feature}, ensure_ascii=False).replace("\\u0000", "")
            faults.append((row, fault.field, fault.reason, raw))
            continue
        records.append(record)
        rows.append(row)
        shapes.append(shape)
    if faults and not records:
        row, field, reason, _ = faults[0]
        raise ExtractError(f"{file}: row {row}, field '{field or 'feature'}': {reason}")
    rejects = pl.DataFrame(faults, schema=RAW_REJECT_SCHEMA, orient="row")
    frame = frame_of(file, declaration.limits, records, rows, shapes)
    return Extracted(frame, rejects, decoded.notes, decoded.foreign)


class _FeatureError(Exception):
    """What is wrong with one feature."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def _read_feature(feature: Any, depth: int) -> tuple[dict[str, str | None], bytes | None]:
    """Return a feature's attributes and geometry (WKB in two dimensions, none without a place)."""
    if not isinstance(feature, dict):
        raise _FeatureError(None, "is not an object")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise _FeatureError("properties", "is not an object")
    identifier = {"@id": feature["id"]} if "id" in feature else {}
    try:
        record = flatten(properties | identifier, depth)
    except RecursionError:
        raise _FeatureError("properties", TOO_DEEP) from None
    return record, _wkb(feature.get("geometry"))


def _wkb(geometry: Any) -> bytes | None:
    if geometry is None:
        return None
    try:
        shape = shapely.from_geojson(json.dumps(geometry), on_invalid="ignore")
    except (shapely.GEOSException, RecursionError):
        shape = None
    if shape is None:
        raise _FeatureError("geometry", NO_GEOMETRY)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise _FeatureError("geometry", NOT_FINITE)
    return None if shape.is_empty else shapely.to_wkb(shape, output_dimension=2)


FORMATS.register(
    RowFormat(
        name="geojson",
        says="a feature collection in WGS-84 (RFC 7946)",
        read=read_geojson,
        suffixes=(".geojson", ".json"),
        is_text=True,
        is_typed=True,
    )
)
