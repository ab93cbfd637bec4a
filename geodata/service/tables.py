"""Writes rows of a collection as tables: CSV, JSON, Arrow and GeoParquet.

What the numbers mean goes with Arrow and GeoParquet as metadata of the file: unit, licence,
provenance, period, version and moment of the newest record.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet
import shapely
from pyproj import CRS

from geodata.service.collection import ServedCollection

_KINDS: Mapping[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "float8": pa.float64(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
_GEOMETRY = "geometry"
_CRS84 = CRS("OGC:CRS84").to_json_dict()


def rows_of(features: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return features as rows; their geometry is WKT without a datum, which is CRS84."""
    return [
        {
            "id": feature["id"],
            **(feature.get("properties") or {}),
            _GEOMETRY: (feature["geometry"] or "").partition(";")[2] or feature["geometry"],
        }
        for feature in features
    ]


def write_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a table whose first line names the columns, also where there is no row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write_lines(documents: Sequence[Any], before: bytes = b"") -> bytes:
    """Return a JSON text a line, each after `before`."""
    return b"".join(before + orjson.dumps(each, default=str) + b"\n" for each in documents)


def write_arrow(table: pa.Table) -> bytes:
    """Return a table as a stream of Arrow IPC."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def write_parquet(table: pa.Table) -> bytes:
    """Return a table as GeoParquet 1.1."""
    kinds = sorted({_kind_of(each) for each in shapely.from_wkb(table[_GEOMETRY].to_pylist())})
    column = {"encoding": "WKB", "geometry_types": [each for each in kinds if each], "crs": _CRS84}
    geo = {"version": "1.1.0", "primary_column": _GEOMETRY, "columns": {_GEOMETRY: column}}
    known = table.schema.metadata or {}
    stream = io.BytesIO()
    pyarrow.parquet.write_table(
        table.replace_schema_metadata({**known, b"geo": json.dumps(geo).encode()}),
        stream,
        compression="zstd",
    )
    return stream.getvalue()


def table_of(
    found: ServedCollection,
    properties: list[str] | None,
    rows: Sequence[Mapping[str, Any]],
    said: Mapping[str, Any],
) -> pa.Table:
    """Return rows with their types, geometry as WKB, and what is said of them as metadata."""
    kinds = {column.name: _KINDS.get(column.type, pa.string()) for column in found.properties}
    names = [name for name in found.columns(properties) if name != "id"]
    id_kind = kinds.get(found.id_column.name, pa.string()) if found.id_column else pa.string()
    arrays = {"id": pa.array([row["id"] for row in rows], id_kind)}
    arrays |= {name: pa.array([row[name] for row in rows], kinds[name]) for name in names}
    shapes = shapely.from_wkt([row[_GEOMETRY] for row in rows])
    arrays[_GEOMETRY] = pa.array(list(shapely.to_wkb(shapes)), pa.binary())
    metadata = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in said.items()
    }
    field = pa.field(
        _GEOMETRY,
        pa.binary(),
        metadata={
            "ARROW:extension:name": "geoarrow.wkb",
            "ARROW:extension:metadata": json.dumps({"crs": _CRS84, "crs_type": "projjson"}),
        },
    )
    fields = [
        field if name == _GEOMETRY else pa.field(name, array.type) for name, array in arrays.items()
    ]
    return pa.table(list(arrays.values()), schema=pa.schema(fields, metadata=metadata))


def _kind_of(shape: shapely.Geometry | None) -> str:
    return "" if shape is None else str(shape.geom_type)
