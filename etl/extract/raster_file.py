"""Rasters, such as GeoTIFF: one row for each pixel that holds a value."""

import numpy as np
import polars as pl
import rasterio
from pyproj import Transformer
from rasterio.errors import RasterioError

from etl.batch import ROW
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
from etl.limits import Limits
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

# How each begins. GDAL knows many more, and some of them name files and addresses to be read.
_DRIVERS = {
    b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"MM\0+": "GTiff",
    b"EHFA_HEADER_TAG": "HFA", b"\0\0\0\x0cjP  ": "JP2OpenJPEG",
    b"ncols": "AAIGrid", b"NCOLS": "AAIGrid",
}  # fmt: skip
_HEAD_BYTES = 16
_MOST_PIXELS = 5_000_000
_WGS84 = 4326


def read_raster(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read the pixels of which at least one band holds a value.

    Columns: `pixel` (its row and column), `lon`, `lat` of its centre in WGS-84, and one a band,
    named by the band's description, else `band_1` and so on. `declaration.crs` is used for a
    raster without one.

    Raises:
        ExtractError: it is no raster, has no coordinate system or too many pixels.
    """
    head = file.read_start(_HEAD_BYTES)
    driver = next((name for start, name in _DRIVERS.items() if head.startswith(start)), None)
    if driver is None:
        raise ExtractError(f"{file}: not a raster: GeoTIFF, ESRI ASCII, IMAGINE or JPEG 2000")
    try:
        with rasterio.open(file.for_library(), driver=driver) as raster:
            _check_sizes(file, raster, declaration.limits)
            crs = raster.crs or declaration.crs
            names = [text or f"band_{at}" for at, text in enumerate(raster.descriptions, start=1)]
            bands = raster.read(masked=True).filled(np.nan).astype(np.float64)
            affine = raster.transform
    except (RasterioError, ValueError) as error:
        raise ExtractError(f"{file}: not a raster: {error}") from error
    if crs is None:
        raise ExtractError(f"{file}: the raster has no coordinate system; declare crs")
    rows, columns = np.nonzero(~np.isnan(bands).all(axis=0))
    if len(rows) > _MOST_PIXELS:
        raise ExtractError(f"{file}: {len(rows)} pixels hold values; at most {_MOST_PIXELS}")
    x = affine.a * (columns + 0.5) + affine.b * (rows + 0.5) + affine.c
    y = affine.d * (columns + 0.5) + affine.e * (rows + 0.5) + affine.f
    lon, lat = Transformer.from_crs(crs, _WGS84, always_xy=True).transform(x, y)
    values = {
        name: pl.Series(band[rows, columns]).fill_nan(None)
        for name, band in zip(names, bands, strict=True)
    }
    frame = pl.DataFrame({"row": rows, "column": columns, "lon": lon, "lat": lat, **values})
    texts = frame.select(
        pl.int_range(1, pl.len() + 1).alias(ROW),
        pl.format("r{}c{}", "row", "column").alias("pixel"),
        pl.col("lon", "lat").round(7).cast(pl.String),
        *(pl.col(name).cast(pl.String) for name in names),
    )
    return Extracted(texts)


def _check_sizes(file: SourceFile, raster: rasterio.DatasetReader, limits: Limits) -> None:
    """Refuse a raster that is too large, or cut into parts too large, before any of it is read."""
    size = raster.width * raster.height * raster.count
    said = f"{raster.width:,} x {raster.height:,} pixels, {raster.count} bands"
    limits.check(file, "pixels", size, said)
    for rows, columns in raster.block_shapes:
        said = f"it is kept in blocks of {columns:,} x {rows:,} pixels"
        limits.check(file, "pixels", rows * columns, said)


FORMATS.register(
    RowFormat(
        name="raster",
        says="a raster such as GeoTIFF: a row a pixel, `pixel`, `lon`, `lat` and the bands",
        read=read_raster,
    )
)
