"""Parquet and GeoParquet 1.1."""

import json
from typing import Any

import geopandas as gpd
import polars as pl
import pyarrow.parquet as pq
from pyarrow import ArrowException

from etl.batch import ROW, WKB
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
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
    except (ArrowException, pl.exceptions.PolarsError, OSError) as error:
        raise ExtractError(f"{file}: not a Parquet file: {error}") from error
    geo = json.loads(metadata[b"geo"]) if b"geo" in metadata else None
    shapes = _wkb(file, frame, geo, declaration) if geo else None
    if geo:
        frame = frame.drop(list(geo["columns"]))
    text = frame.select(_as_text(name, dtype) for name, dtype in frame.schema.items())
    text = text.insert_column(0, pl.int_range(1, frame.height + 1, eager=True).alias(ROW))
    return Extracted(text if shapes is None else text.with_columns(shapes))


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("iso:strict")
    if dtype == pl.Duration:
        return column.dt.to_string("iso")
    if dtype.is_nested() or dtype == pl.Binary:
        return pl.lit(None, pl.String).alias(name)
    return column.cast(pl.String)


def _wkb(
    file: SourceFile, frame: pl.DataFrame, geo: dict[str, Any], declaration: SourceDeclaration
) -> pl.Series:
    name = geo["primary_column"]
    # An absent `crs` means longitude, latitude (OGC:CRS84); a null one means nobody knows.
    crs = declaration.crs or geo["columns"][name].get("crs", "OGC:CRS84")
    if crs is None:
        raise ExtractError(f"{file}: the geometry's coordinate system is unknown; declare 'crs'")
    if geo["columns"][name].get("encoding", "WKB") != "WKB":
        raise ExtractError(f"{file}: field '{name}': only geometry encoded as WKB is read")
    shapes = gpd.GeoSeries.from_wkb(frame[name].to_list(), crs=crs).to_crs(4326)
    return pl.Series(WKB, [None if shape is None else shape.wkb for shape in shapes], pl.Binary)


FORMATS.register(
    RowFormat(
        name="parquet",
        says="Parquet, and GeoParquet 1.1 with its geometry",
        read=read_parquet,
        is_in_degrees=True,
    )
)
