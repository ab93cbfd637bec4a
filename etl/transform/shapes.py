"""Geometry beyond points: text to WKB, footprints of facilities, squares of speed tiles."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, Note, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import GEOMETRY_TEXT
from etl.transform.geometry import MENDED, refuse_shapes
from geodata.city.configuration import City
from geodata.space.crs import to_degrees
from geodata.space.datums import to_wgs84
from geodata.space.grid import in_bounds

QUADKEY_ZOOM = 16
_SAME_DEGREES = 1e-6
SRID = 4326
_CLOSED = "ring not closed"


def read_wkt(batch: Batch) -> Batch:
    """Turn a mapped `wkt` column into `@wkb`; text that is no geometry rejects its row."""
    if GEOMETRY_TEXT not in batch.frame.columns:
        return batch
    texts = batch.frame[GEOMETRY_TEXT].to_numpy()
    with np.errstate(invalid="ignore"):  # NaN is judged with the other faults
        shapes = shapely.from_wkt(texts, on_invalid="ignore")
        mended = shapely.from_wkt(texts, on_invalid="fix")
    closed = np.flatnonzero(shapely.is_missing(shapes) & ~shapely.is_missing(mended))
    frame = batch.frame.with_columns(pl.Series(WKB, list(shapely.to_wkb(mended)), pl.Binary))
    faulty = frame.filter(pl.col(GEOMETRY_TEXT).is_not_null() & pl.col(WKB).is_null())
    notes = [
        Note(MENDED, _CLOSED, int(frame[ROW][int(at)]), batch.label(GEOMETRY_TEXT), len(closed))
        for at in closed[:1]
    ]
    return (
        replace(batch, frame=frame.drop(GEOMETRY_TEXT))
        .noted(*notes)
        .reject(
            faulty.select(
                ROW,
                pl.lit(batch.label(GEOMETRY_TEXT)).alias("field"),
                pl.lit("is not a geometry").alias("reason"),
            )
        )
    )


def convert_shapes(batch: Batch, declaration: SourceDeclaration, city: City) -> Batch:
    """Turn `@wkb` from the declared `crs` and datum into WGS-84, or reject the row.

    A shape lies wholly where its datum applies, or it is none of that datum. Formats that GDAL
    reads bring degrees already: their `crs` is applied, their datum is not.
    """
    if WKB not in batch.frame.columns:
        return batch
    shapes = shapely.from_wkb(batch.frame[WKB].to_numpy())
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    lon, lat = points.T
    in_degrees = declaration.reading.is_in_degrees and GEOMETRY_TEXT not in declaration.mapping
    if declaration.crs is not None and not in_degrees:
        lon, lat = to_degrees(declaration.crs).transform(lon, lat)
    beyond = ~in_bounds(lat, lon)
    swapped = beyond & in_bounds(lon, lat)
    lon, lat, unshifted = to_wgs84(lon, lat, declaration.datum, city.datum_area)
    faults = np.full(len(shapes), "", dtype=object)
    unshiftable = f"outside the area in which {city.name_en} declares {declaration.datum}"
    faults[owner[unshifted]] = unshiftable
    faults[owner[beyond]] = "longitude or latitude out of range"
    faults[owner[swapped]] = "latitude out of range: longitude and latitude look swapped"
    converted = shapely.set_coordinates(shapes.copy(), np.column_stack([lon, lat]))
    wkb = pl.Series(WKB, list(shapely.to_wkb(converted)), pl.Binary)
    return refuse_shapes(replace(batch, frame=batch.frame.with_columns(wkb)), declaration, faults)


def add_footprints(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `footprint` (EWKB, MultiPolygon) to facilities that are given as areas."""
    if WKB not in frame.columns:
        return frame
    shapes = shapely.from_wkb(frame[WKB].to_numpy())
    footprints = [
        shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        if shape.geom_type == "Polygon"
        else None
        for shape in (item or shapely.Point() for item in shapes)
    ]  # fmt: skip
    return frame.with_columns(ewkb("footprint", np.array(footprints, dtype=object)))


def add_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `path` (EWKB, LineString) to roads whose parts make up one line."""
    if WKB not in frame.columns:
        return frame
    shapes = shapely.from_wkb(frame[WKB].to_numpy())
    several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING.value
    shapes[several] = shapely.line_merge(shapes[several])
    lines = [shape if isinstance(shape, shapely.LineString) else None for shape in shapes]
    return frame.with_columns(ewkb("path", np.array(lines, dtype=object)))


def ewkb(name: str, shapes: npt.NDArray[np.object_]) -> pl.Series:
    """Return shapes as PostGIS reads them."""
    with_srid = shapely.set_srid(shapes, SRID)
    return pl.Series(name, list(shapely.to_wkb(with_srid, include_srid=True)), pl.Binary)


def quadkey_bounds(quadkeys: list[str]) -> npt.NDArray[np.float64]:
    """Return west, south, east, north of tiles of one zoom in web Mercator's scheme."""
    zoom = len(quadkeys[0]) if quadkeys else 0
    digits = np.array(quadkeys, dtype=f"S{zoom or 1}").view(np.uint8).reshape(-1, zoom or 1) - 48
    weights = 2 ** np.arange(zoom or 1)[::-1]
    x = (digits & 1) @ weights
    y = (digits >> 1) @ weights
    edge = 2.0**zoom
    west, east = x / edge * 360 - 180, (x + 1) / edge * 360 - 180
    north, south = (
        np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / edge)))) for row in (y, y + 1)
    )
    return np.column_stack([west, south, east, north])


def place_tiles(batch: Batch) -> Batch:
    """Give each speed tile its square, from the quadkey; a differing geometry is rejected."""
    rows_in, before = batch.frame.height, batch.rejects.height
    sound = pl.col("quadkey").str.contains(rf"^[0-3]{{{QUADKEY_ZOOM}}}$")
    batch = batch.reject(
        _faults(batch, batch.frame.filter(~sound), f"is not a quadkey of zoom {QUADKEY_ZOOM}")
    )
    bounds = quadkey_bounds(batch.frame["quadkey"].to_list())
    squares = shapely.box(*bounds.T) if batch.frame.height else np.array([], dtype=object)
    frame = batch.frame.with_columns(ewkb("geom", np.asarray(squares, dtype=object)))
    batch = replace(batch, frame=frame)
    if WKB in frame.columns:
        given = shapely.bounds(shapely.from_wkb(frame[WKB].to_numpy()))
        differs = np.abs(given - bounds).max(axis=1) > _SAME_DEGREES
        batch = batch.reject(
            _faults(batch, frame.filter(differs), "the geometry is another tile's")
        )
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def _faults(batch: Batch, frame: pl.DataFrame, reason: str) -> pl.DataFrame:
    field = batch.label("quadkey")
    return frame.select(ROW, pl.lit(field).alias("field"), pl.lit(reason).alias("reason"))
