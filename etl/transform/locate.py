"""Locates records: from given coordinates to WGS-84, cell and district."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Transformer

from etl.batch import ROW, WKB, Batch, X, Y, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.source.record_types.record_type import Extent
from geodata.city.configuration import City
from geodata.space import datums, grid
from geodata.tables import UNKNOWN_DISTRICT, UNPLACED_DISTRICT

Floats = npt.NDArray[np.float64]


class Locator(Protocol):
    """Finds the district of points in WGS-84."""

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.str_]:
        """Return the district_id of each point."""
        ...


@dataclass(frozen=True)
class Places:
    """Points in WGS-84 (NaN where unusable) and why a pair is unusable ('' where it is valid)."""

    lon: Floats
    lat: Floats
    fault: npt.NDArray[np.object_]

    @property
    def is_missing(self) -> npt.NDArray[np.bool_]:
        """Return where no coordinates were given at all."""
        missing: npt.NDArray[np.bool_] = np.isnan(self.lon) & (self.fault == "")
        return missing


def locate_points(lon: Floats, lat: Floats, declaration: SourceDeclaration, city: City) -> Places:
    """Convert coordinates as the declaration says; unusable ones become NaN with a reason."""
    given_lon, given_lat = lon.copy(), lat.copy()
    fault = np.full(lon.shape, "", dtype=object)
    _mark(fault, np.isnan(lon) != np.isnan(lat), "only one of longitude and latitude is given")
    _mark(fault, (lon == 0) & (lat == 0), "is 0, 0: a placeholder, not a place")
    if declaration.crs is not None:
        to_degrees = Transformer.from_crs(declaration.crs, 4326, always_xy=True)
        given_lon, given_lat = to_degrees.transform(lon, lat)
    _mark_range(fault, given_lon, given_lat)
    given_lon, given_lat = _blank(given_lon, fault), _blank(given_lat, fault)
    lon, lat, unshifted = datums.to_wgs84(given_lon, given_lat, declaration.datum, city.datum_area)
    shifted = f"outside the area in which {city.name_en} declares {declaration.datum}"
    _mark(fault, unshifted & ~np.isnan(lon), shifted)
    if declaration.area:
        _mark_area(fault, lon, lat, declaration.area)
    return Places(_blank(lon, fault), _blank(lat, fault), fault)


def _mark(fault: npt.NDArray[np.object_], where: npt.NDArray[np.bool_], reason: str) -> None:
    fault[where & (fault == "")] = reason


def _blank(values: Floats, fault: npt.NDArray[np.object_]) -> Floats:
    return np.where(fault == "", values, np.nan)


def _mark_range(fault: npt.NDArray[np.object_], lon: Floats, lat: Floats) -> None:
    with np.errstate(invalid="ignore"):
        wrong = ~grid.in_bounds(lat, lon) & ~np.isnan(lon) & ~np.isnan(lat)
        swapped = wrong & grid.in_bounds(lon, lat)
    _mark(fault, swapped, "latitude out of range: longitude and latitude look swapped")
    _mark(fault, wrong, "longitude or latitude out of range")


def _mark_area(
    fault: npt.NDArray[np.object_], lon: Floats, lat: Floats, area: tuple[float, ...]
) -> None:
    bounds = (area[0], area[1], area[2], area[3])
    wrong = ~grid.in_bounds(lat, lon, bounds) & ~np.isnan(lon)
    swapped = wrong & grid.in_bounds(lon, lat, bounds)
    _mark(fault, swapped, "outside the source's area: longitude and latitude look swapped")
    _mark(fault, wrong, "outside the source's area")


def place(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    """Give each record its point, cell and district.

    Adds original_lon, original_lat, datum, `@x`, `@y` (WGS-84, null without a place), cell and
    district_id. By the source's rule, rows without or with unusable coordinates are kept without a
    place (district `unknown`) or rejected.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    lon, lat = given_coordinates(batch.frame)
    places = locate_points(lon, lat, declaration, city)
    frame = batch.frame.with_columns(
        pl.Series("original_lon", lon).fill_nan(None),
        pl.Series("original_lat", lat).fill_nan(None),
        pl.lit(declaration.given_in).alias("datum"),
        pl.Series(X, places.lon).fill_nan(None),
        pl.Series(Y, places.lat).fill_nan(None),
    )
    frame = assign_district(assign_cell(frame), locator, declaration.covered_extent)
    batch = replace(batch, frame=frame).reject(_refused(frame, places, declaration))
    notes = count_reasons(batch.rejects.slice(before))
    notes["without a place, kept"] = batch.frame[X].null_count()
    return batch.staged("place", rows_in, notes)


def given_coordinates(frame: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return the coordinates the mapping gives, else those of the geometry, NaN without."""
    if "lon" in frame.columns and "lat" in frame.columns:
        lon, lat = (frame[name].cast(pl.Float64).fill_null(np.nan) for name in ("lon", "lat"))
        return lon.to_numpy().copy(), lat.to_numpy().copy()
    if WKB in frame.columns:
        shapes = shapely.from_wkb(frame[WKB].to_numpy())
        points = _representative(shapes)
        return shapely.get_x(points), shapely.get_y(points)
    nowhere = np.full(frame.height, np.nan)
    return nowhere, nowhere.copy()


def _representative(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT.value
    points: npt.NDArray[Any] = np.where(is_point, shapes, shapely.point_on_surface(shapes))
    return points


def assign_cell(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the storage cell of `@x`, `@y`, null without a place."""
    known = frame[X].is_not_null().to_numpy()
    cells = np.full(frame.height, grid.NO_CELL, dtype=np.int64)
    x, y = frame[X].to_numpy(), frame[Y].to_numpy()
    cells[known] = grid.latlng_to_cells(y[known], x[known])
    return frame.with_columns(pl.Series("cell", cells).replace(grid.NO_CELL, None))


def assign_district(frame: pl.DataFrame, locator: Locator, extent: Extent) -> pl.DataFrame:
    """Add the district, by point in polygon unless the source names it.

    A row without a place is in no total if the source speaks of a wider area than the city.
    """
    known = frame[X].is_not_null().to_numpy()
    unlocated = UNPLACED_DISTRICT if extent == "wider" else UNKNOWN_DISTRICT
    found = np.full(frame.height, unlocated, dtype=object)
    found[known] = locator.locate(frame[X].to_numpy()[known], frame[Y].to_numpy()[known])
    located = pl.Series("@located", found, dtype=pl.String)
    if "district_id" in frame.columns:
        return frame.with_columns(pl.col("district_id").fill_null(located))
    return frame.with_columns(located.alias("district_id"))


def _refused(frame: pl.DataFrame, places: Places, declaration: SourceDeclaration) -> pl.DataFrame:
    rule = declaration.place_rule
    reasons = places.fault.copy()
    if rule == "required":
        reasons[places.is_missing] = "has no coordinates"
    if rule == "optional":
        reasons[:] = ""
    mapping = declaration.mapping
    names = [name for key in ("lon", "lat") if key in mapping for name in mapping[key].source]
    return frame.select(
        ROW,
        pl.lit("/".join(dict.fromkeys(names)) or "geometry").alias("field"),
        pl.Series("reason", reasons, dtype=pl.String),
    ).filter(pl.col("reason") != "")
