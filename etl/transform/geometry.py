"""Judges geometry row by row: sound, mended with a finding, or rejected with its reason.

A shape is mended only where that says the same: rings are closed, loops and repeated points taken
out, holes cut where they overlap their polygon. Where the area would change by more than 1 %, two
shapes could be meant, and the row is rejected. Elevations are left out.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, Note
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import GEOMETRY_TEXT
from geodata.space.areal import mended, polygonal

MENDED, DROPPED = "geometry_mended", "geometry_dropped"
_MOST_CHANGED = 0.01
_COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION.value
_AREAS = (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value)

Shapes = npt.NDArray[Any]
Reasons = npt.NDArray[np.object_]


def judge_shapes(batch: Batch, declaration: SourceDeclaration) -> Batch:
    """Make `@wkb` sound, plane geometry, null where a row has none; reject what cannot be."""
    if WKB not in batch.frame.columns:
        return batch
    with np.errstate(invalid="ignore"):  # NaN is found below
        given = shapely.force_2d(shapely.from_wkb(batch.frame[WKB].to_numpy(), on_invalid="fix"))
    shapes = given.copy()
    shapes[shapely.is_empty(given)] = None
    faults, said = _no_reasons(shapes), _no_reasons(shapes)
    unreadable = batch.frame[WKB].is_not_null().to_numpy() & shapely.is_missing(given)
    faults[unreadable] = "is not a geometry"
    faults[_are_unbounded(shapes)] = "has coordinates that are not numbers"
    sound = faults == ""
    parts = sound & (shapely.get_type_id(shapes) == _COLLECTION)
    areas = polygonal(shapes[parts])
    has_area = shapely.area(areas) > 0
    mixed = np.flatnonzero(parts)[has_area]
    shapes[mixed] = areas[has_area]
    said[mixed] = "lines and points beside the area left out"
    broken = np.flatnonzero(sound & ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    for at in broken:
        shapes[at], faults[at], said[at] = _mend(shapes[at])
    wkb = pl.Series(WKB, list(shapely.to_wkb(shapes)), pl.Binary)
    batch = replace(batch, frame=batch.frame.with_columns(wkb))
    mends = np.where(faults == "", said, "")
    return refuse_shapes(_noted(batch, MENDED, mends, declaration), declaration, faults)


def refuse_shapes(batch: Batch, declaration: SourceDeclaration, faults: Reasons) -> Batch:
    """Reject the rows with a fault; records that need no place lose the shape, with a finding."""
    field = label_of(declaration)
    if declaration.place_rule == "optional":
        batch = _noted(batch, DROPPED, faults, declaration)
        is_sound = pl.Series(faults == "", dtype=pl.Boolean)
        kept = batch.frame.with_columns(pl.when(is_sound).then(pl.col(WKB)).alias(WKB))
        return replace(batch, frame=kept)
    rows = batch.frame.select(
        ROW, pl.lit(field).alias("field"), pl.Series("reason", faults, dtype=pl.String)
    )
    return batch.reject(rows.filter(pl.col("reason") != ""))


def label_of(declaration: SourceDeclaration) -> str:
    """Return what rejected rows and findings call the geometry: its column, if it has one."""
    mapped = declaration.mapping.get(GEOMETRY_TEXT)
    return "/".join(mapped.source) if mapped and mapped.source else "geometry"


def _no_reasons(shapes: Shapes) -> Reasons:
    return np.full(len(shapes), "", dtype=object)


def _are_unbounded(shapes: Shapes) -> npt.NDArray[np.bool_]:
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    wrong = ~np.isfinite(points).all(axis=1)
    unbounded: npt.NDArray[np.bool_] = np.bincount(owner[wrong], minlength=len(shapes)) > 0
    return unbounded


def _mend(shape: Any) -> tuple[Any, str, str]:
    """Return a shape that is not valid made so, else the reason against it, and what was wrong."""
    wrong = shapely.is_valid_reason(shape).partition("[")[0].strip().lower()
    if shapely.get_type_id(shape) not in _AREAS:
        return None, f"cannot be used: {wrong}", ""
    (made,) = mended(np.array([shape], dtype=object))
    if not made.area > 0:
        return None, "is not an area", ""
    if abs(made.area - shape.area) > _MOST_CHANGED * made.area:
        reason = f"is not valid ({wrong}), and mending it would change its area by more than 1 %"
        return None, reason, ""
    return made, "", wrong


def _noted(batch: Batch, code: str, reasons: Reasons, declaration: SourceDeclaration) -> Batch:
    """Note each reason with its first row and the number of rows."""
    rows = batch.frame.select(ROW, pl.Series("reason", reasons, dtype=pl.String))
    counted = (
        rows.filter(pl.col("reason") != "")
        .group_by("reason")
        .agg(pl.col(ROW).min(), pl.len())
        .sort("reason")
    )
    field = label_of(declaration)
    return batch.noted(
        *(Note(code, why, row, field, count) for why, row, count in counted.iter_rows())
    )
