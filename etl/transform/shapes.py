"""Geometry beyond points: text to WKB, footprints of facilities, squares of speed tiles."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, count_reasons
from etl.source.record_types import GEOMETRY_TEXT

QUADKEY_ZOOM = 16
_SAME_DEGREES = 1e-6
SRID = 4326


def read_wkt(batch: Batch) -> Batch:
    """Turn a mapped `wkt` column into `@wkb`; text that is no geometry rejects its row."""
    if GEOMETRY_TEXT not in batch.frame.columns:
        return batch
    texts = batch.frame[GEOMETRY_TEXT].to_numpy()
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    frame = batch.frame.with_columns(pl.Series(WKB, list(shapely.to_wkb(shapes)), pl.Binary))
    faulty = frame.filter(pl.col(GEOMETRY_TEXT).is_not_null() & pl.col(WKB).is_null())
    return replace(batch, frame=frame.drop(GEOMETRY_TEXT)).reject(
        faulty.select(
            ROW,
            pl.lit(GEOMETRY_TEXT).alias("field"),
            pl.lit("is not a geometry").alias("reason"),
        )
    )


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
    """Add `path` (EWKB, LineString) to roads that are given as one line."""
    if WKB not in frame.columns:
        return frame
    shapes = shapely.from_wkb(frame[WKB].to_numpy())
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
        _faults(batch.frame.filter(~sound), f"is not a quadkey of zoom {QUADKEY_ZOOM}")
    )
    bounds = quadkey_bounds(batch.frame["quadkey"].to_list())
    squares = shapely.box(*bounds.T) if batch.frame.height else np.array([], dtype=object)
    frame = batch.frame.with_columns(ewkb("geom", np.asarray(squares, dtype=object)))
    batch = replace(batch, frame=frame)
    if WKB in frame.columns:
        given = shapely.bounds(shapely.from_wkb(frame[WKB].to_numpy()))
        differs = np.abs(given - bounds).max(axis=1) > _SAME_DEGREES
        batch = batch.reject(_faults(frame.filter(differs), "the geometry is another tile's"))
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def _faults(frame: pl.DataFrame, reason: str) -> pl.DataFrame:
    return frame.select(ROW, pl.lit("quadkey").alias("field"), pl.lit(reason).alias("reason"))
