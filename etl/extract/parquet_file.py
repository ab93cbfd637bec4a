"""Parquet and GeoParquet 1.1."""

import json
from typing import Any

import polars as pl
import pyarrow.parquet as pq
from pyarrow import ArrowException

from etl.batch import ROW
from etl.extract.extracted import Extracted, text_of
from etl.extract.geometry import add_geometry
from etl.extract.row_format import RowFormat
from etl.extract.signature import refuse_other
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_parquet(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a file; its geometry column, if it is GeoParquet, becomes `@wkb` in WGS-84.

    Raises:
        ExtractError: it is not Parquet, or its geometry has no coordinate system.
    """
    try:
        metadata = pq.read_schema(file.for_library()).metadata or {}
        frame = pl.read_parquet(file.for_library())
        geo = json.loads(metadata[b"geo"]) if b"geo" in metadata else None
    except (ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        refuse_other(file, ("a Parquet",), "Parquet")
        raise ExtractError(f"{file}: not a Parquet file: {error}") from error
    attributes = text_of(frame.drop(list(geo["columns"]) if geo else []))
    rows = pl.int_range(1, frame.height + 1, eager=True).alias(ROW)
    attributes = attributes.with_columns(rows) if attributes.width else rows.to_frame()
    text = attributes.select(ROW, pl.exclude(ROW))
    return _with_geometry(file, text, frame, geo, declaration) if geo else Extracted(text)


def _with_geometry(
    file: SourceFile,
    text: pl.DataFrame,
    frame: pl.DataFrame,
    geo: dict[str, Any],
    declaration: SourceDeclaration,
) -> Extracted:
    name = geo["primary_column"]
    # An absent `crs` means longitude, latitude (OGC:CRS84); a null one means nobody knows.
    crs = declaration.crs or geo["columns"][name].get("crs", "OGC:CRS84")
    if crs is None:
        raise ExtractError(f"{file}: the geometry's coordinate system is unknown; declare 'crs'")
    if geo["columns"][name].get("encoding", "WKB") != "WKB":
        raise ExtractError(f"{file}: field '{name}': only geometry encoded as WKB is read")
    return add_geometry(file, text, frame[name].to_list(), crs)


FORMATS.register(
    RowFormat(
        name="parquet",
        says="Parquet, and GeoParquet 1.1 with its geometry",
        read=read_parquet,
        suffixes=(".parquet", ".geoparquet"),
        is_in_degrees=True,
        is_typed=True,
    )
)
