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
from etl.limits import Limits, check_table
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

_FOOTER = 64 << 20


def read_parquet(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a file; its geometry column, if it is GeoParquet, becomes `@wkb` in WGS-84.

    Raises:
        ExtractError: it is not Parquet, or its geometry has no coordinate system.
    """
    try:
        metadata = _read_metadata(file, declaration.limits)
        frame = _read_columns(file, declaration.limits)
        geo = json.loads(metadata[b"geo"]) if b"geo" in metadata else None
    except (ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        refuse_other(file, ("a Parquet",), "Parquet")
        raise ExtractError(f"{file}: not a Parquet file: {error}") from error
    attributes = text_of(frame.drop(list(geo["columns"]) if geo else []))
    rows = pl.int_range(1, frame.height + 1, eager=True).alias(ROW)
    attributes = attributes.with_columns(rows) if attributes.width else rows.to_frame()
    text = attributes.select(ROW, pl.exclude(ROW))
    return _with_geometry(file, text, frame, geo, declaration) if geo else Extracted(text)


def _read_metadata(file: SourceFile, limits: Limits) -> dict[bytes, bytes]:
    """Return what the file says of its schema, once its own sizes are found to be in bounds.

    Raises:
        LimitError: it says that it is too large.
    """
    with pq.ParquetFile(
        file.for_library(), thrift_string_size_limit=_FOOTER, thrift_container_size_limit=_FOOTER
    ) as parquet:
        said = parquet.metadata
        check_table(file, said.num_rows, said.num_columns, limits)
        groups = [said.row_group(number) for number in range(said.num_row_groups)]
        unpacked = sum(group.total_byte_size for group in groups)
        limits.check(file, "unpacked_mb", unpacked, f"unpacks to {unpacked:,} bytes")
        columns = ([group.column(at) for at in range(group.num_columns)] for group in groups)
        values = sum(each.num_values for group in columns for each in group)
        limits.check(file, "cells", values, f"it holds {values:,} values")
        return dict(parquet.schema_arrow.metadata or {})


def _read_columns(file: SourceFile, limits: Limits) -> pl.DataFrame:
    """Return the columns that are no lists of values.

    A dictionary keeps a text once, however many rows have it: they are counted before each gets
    its copy.

    Raises:
        LimitError: the texts are too long.
    """
    schema = pl.read_parquet_schema(file.for_library())
    plain = [name for name, kind in schema.items() if not kind.is_nested()]
    frame = pl.read_parquet(file.for_library(), columns=plain)
    sums = frame.select(
        pl.col(pl.String).str.len_bytes().cast(pl.Int64),
        pl.col(pl.Categorical, pl.Enum).cat.len_bytes().cast(pl.Int64),
        pl.col(pl.Binary).bin.size().cast(pl.Int64),
    ).sum()
    total = sum(each or 0 for each in sums.row(0)) if sums.width else 0
    limits.check(file, "unpacked_mb", total, f"its texts have {total:,} bytes")
    return frame


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
