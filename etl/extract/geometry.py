"""Geometry as files bring it, judged row by row: to two dimensions and degrees, or a fault."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from etl.batch import ROW, WKB
from etl.extract.extracted import Extracted, reject_rows
from etl.source.file import SourceFile
from geodata.errors import ExtractError

NO_GEOMETRY = "is not a geometry"
NOT_FINITE = "has a coordinate that is not a finite number"
_WGS84 = 4326
_FAULT = "@fault"


def add_geometry(
    file: SourceFile, attributes: pl.DataFrame, wkb: list[bytes | None], crs: object
) -> Extracted:
    """Return rows with `@wkb` in WGS-84; those whose geometry cannot be read are rejected.

    `crs` is what pyproj takes for one; empty geometry is none.

    Raises:
        ExtractError: the coordinate system is unknown.
    """
    try:
        system = CRS.from_user_input(crs)
    except CRSError as error:
        raise ExtractError(f"{file}: unknown coordinate system: {error}") from None
    given = np.array(wkb, dtype=object)
    shapes = shapely.force_2d(shapely.from_wkb(given, on_invalid="ignore"))
    faults = np.full(len(given), None, dtype=object)
    faults[_is_set(given) & shapely.is_missing(shapes)] = NO_GEOMETRY
    faults[~_is_finite(shapes)] = NOT_FINITE
    shapes[shapely.is_empty(shapes) | _is_set(faults)] = None
    degrees = _to_degrees(shapes, system)
    faults[~_is_finite(degrees)] = f"lies beyond what {system.name} covers"
    degrees[_is_set(faults)] = None
    frame = attributes.with_columns(
        pl.Series(WKB, list(shapely.to_wkb(degrees)), pl.Binary),
        pl.Series(_FAULT, list(faults), pl.String),
    )
    extracted = Extracted(frame)
    for reason in frame[_FAULT].drop_nulls().unique(maintain_order=True):
        is_faulty = (pl.col(_FAULT) == reason).fill_null(False)
        extracted = reject_rows(extracted, is_faulty, str(reason), "geometry")
    return Extracted(extracted.frame.drop(_FAULT), extracted.rejects.sort(ROW))


def _is_set(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.array([value is not None for value in values], dtype=bool)


def _is_finite(shapes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return whether all coordinates of each shape are numbers; those without any are."""
    points, index = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[index[~np.isfinite(points).all(axis=1)]] = False
    return finite


def _to_degrees(shapes: npt.NDArray[Any], system: CRS) -> npt.NDArray[Any]:
    if system.to_epsg() == _WGS84 or system.to_authority() == ("OGC", "CRS84"):
        return shapes.copy()
    to_degrees = Transformer.from_crs(system, _WGS84, always_xy=True)

    def convert(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(to_degrees.transform(*points.T))

    converted: npt.NDArray[Any] = shapely.transform(shapes, convert)
    return converted
