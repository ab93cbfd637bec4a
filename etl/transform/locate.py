"""Locates records: from given coordinates to WGS-84, cell and district."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, Note, X, Y, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.source.record_types.record_type import Extent
from etl.transform.misplaced import SWAPPED, Bounds, Reading, find_causes
from geodata.city.configuration import City
from geodata.space import datums, grid
from geodata.tables import UNKNOWN_DISTRICT, UNPLACED_DISTRICT

Floats: TypeAlias = npt.NDArray[np.float64]
Texts: TypeAlias = npt.NDArray[np.object_]

MISPLACED_FILE, PLACE_DROPPED, PLACE_DOUBTFUL = "misplaced_file", "place_dropped", "place_doubtful"
OUT_OF_RANGE, LATITUDE_OUT_OF_RANGE = "longitude or latitude out of range", "latitude out of range"
OUTSIDE_AREA, OUTSIDE_BOUNDS = "outside the source's area", "outside the city's bounds"


class Locator(Protocol):
    """Finds the district of points in WGS-84."""

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.str_]:
        """Return the district_id of each point."""
        ...


@dataclass(frozen=True)
class Places:
    """Points in WGS-84 (NaN where unusable) and why a pair is unusable ('' where it is valid).

    `misplaced` are the pairs that are no place the source can speak of, and those of a wider source
    that look as if a slip had moved them out of the city: these have a `doubt`, and a point.
    """

    lon: Floats
    lat: Floats
    fault: Texts
    doubt: Texts
    misplaced: npt.NDArray[np.bool_]

    @property
    def is_missing(self) -> npt.NDArray[np.bool_]:
        """Return where no coordinates were given at all."""
        missing: npt.NDArray[np.bool_] = np.isnan(self.lon) & (self.fault == "")
        return missing

    def verdict(self, *, of_all: bool = False) -> str:
        """Return what is wrong with the whole file: the commonest reason, if most are misplaced.

        Most of the rows that have coordinates, or with `of_all` of all rows.
        """
        count = int(self.misplaced.sum())
        if count * 2 <= (self.lon.size if of_all else self.lon.size - int(self.is_missing.sum())):
            return ""
        reasons = np.where(self.fault == "", self.doubt, self.fault)[self.misplaced]
        return str(Counter(reasons.tolist()).most_common(1)[0][0])


def locate_points(lon: Floats, lat: Floats, declaration: SourceDeclaration, city: City) -> Places:
    """Convert coordinates as the declaration says; unusable ones become NaN with a reason.

    A place of a source of this city alone lies in the city's bounds, or in the source's own `area`
    where it declares one. A place of a wider source may lie anywhere on earth.
    """
    lone = np.isnan(lon) != np.isnan(lat)
    unusable = lone | ((lon == 0) & (lat == 0))
    reading = Reading(city.metric_crs, declaration.crs, declaration.datum, city.datum_area)
    given = reading.to_degrees(lon, lat)
    off_earth = _beyond(given, grid.WORLD_BOUNDS) & ~unusable
    found_lon, found_lat, unshifted = datums.to_wgs84(
        *_without(given, unusable | off_earth), declaration.datum, city.datum_area
    )
    found, unshifted = (found_lon, found_lat), unshifted & ~np.isnan(found_lon)
    is_wider = declaration.covered_extent == "wider"
    limits = declaration.area or (grid.WORLD_BOUNDS if is_wider else city.bounds)
    wrong = off_earth | unshifted | _beyond(found, limits)
    where = np.select(
        [off_earth[wrong], unshifted[wrong]],
        [OUT_OF_RANGE, f"outside the area in which {city.name_en} declares {declaration.datum}"],
        OUTSIDE_AREA if declaration.area else OUTSIDE_BOUNDS,
    ).astype(object)
    causes = find_causes(lon[wrong], lat[wrong], declaration.area or city.bounds, reading)
    fault, doubt = (np.full(lon.shape, "", dtype=object) for _ in range(2))
    fault[unusable] = "is 0, 0: a placeholder, not a place"
    fault[lone] = "only one of longitude and latitude is given"
    fault[wrong] = _with_cause(where, causes)
    misplaced = wrong.copy()
    if is_wider:
        # The next city's places cannot be shifted: that is no fault of the file.
        misplaced[wrong] = (causes != "") | ~unshifted[wrong]
        far = np.flatnonzero(_beyond(found, city.bounds) & ~wrong)
        slips = find_causes(lon[far], lat[far], city.bounds, reading, only_doubtful=True)
        far, slips = far[slips != ""], slips[slips != ""]
        doubt[far] = OUTSIDE_BOUNDS + ": " + slips
        misplaced[far] = True
    return Places(*_without(found, unusable | wrong), fault, doubt, misplaced)


def _without(points: tuple[Floats, Floats], where: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    lon, lat = points
    return np.where(where, np.nan, lon), np.where(where, np.nan, lat)


def _beyond(points: tuple[Floats, Floats], bounds: Bounds) -> npt.NDArray[np.bool_]:
    lon, lat = points
    beyond: npt.NDArray[np.bool_] = (
        ~np.isnan(lon) & ~np.isnan(lat) & ~grid.in_bounds(lat, lon, bounds)
    )
    return beyond


def _with_cause(where: Texts, causes: Texts) -> Texts:
    """Return where places lie, and the likely cause behind a colon."""
    swapped = (where == OUT_OF_RANGE) & (causes == SWAPPED)
    where = np.where(swapped, LATITUDE_OUT_OF_RANGE, where)
    return np.where(causes == "", where, where + ": " + causes)


def place(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    """Give each record its point, cell and district.

    Adds original_lon, original_lat, datum, `@x`, `@y` (WGS-84, null without a place), cell and
    district_id. By the source's rule, rows without or with unusable coordinates are kept without a
    place (district `unknown`, or `unplaced` of a wider source) or rejected. If most of the places
    are wrong, a note of `MISPLACED_FILE` says why.
    """
    lon, lat = given_coordinates(batch.frame)
    places = locate_points(lon, lat, declaration, city)
    return settle(batch, places, declaration, locator, pl.lit(declaration.given_in))


def settle(
    batch: Batch,
    places: Places,
    declaration: SourceDeclaration,
    locator: Locator,
    given_in: pl.Expr,
) -> Batch:
    """Put located points into the records, as `place` says; `given_in` is the datum of each."""
    rows_in, before = batch.frame.height, batch.rejects.height
    lon, lat = given_coordinates(batch.frame)
    frame = batch.frame.with_columns(
        pl.Series("original_lon", lon).fill_nan(None),
        pl.Series("original_lat", lat).fill_nan(None),
        given_in.alias("datum"),
        pl.Series(X, places.lon).fill_nan(None),
        pl.Series(Y, places.lat).fill_nan(None),
    )
    frame = assign_district(assign_cell(frame), locator, declaration.covered_extent)
    noted = batch.noted(*_notes(frame, places, declaration))
    batch = replace(noted, frame=frame).reject(_refused(frame, places, declaration))
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
    found = np.full(frame.height, unlocated_district(extent), dtype=object)
    found[known] = locator.locate(frame[X].to_numpy()[known], frame[Y].to_numpy()[known])
    located = pl.Series("@located", found, dtype=pl.String)
    if "district_id" in frame.columns:
        return frame.with_columns(pl.col("district_id").fill_null(located))
    return frame.with_columns(located.alias("district_id"))


def unlocated_district(extent: Extent) -> str:
    """Return what stands for the district of a row whose place is not known."""
    return UNPLACED_DISTRICT if extent == "wider" else UNKNOWN_DISTRICT


def _notes(frame: pl.DataFrame, places: Places, declaration: SourceDeclaration) -> Iterator[Note]:
    """Yield what is wrong with places of rows that are kept, and with the file as a whole."""
    is_kept = declaration.place_rule == "optional"
    rows, field = frame[ROW].to_numpy(), _field_of(declaration)
    told = [(PLACE_DROPPED, places.fault)] if is_kept else []
    for code, reasons in (*told, (PLACE_DOUBTFUL, places.doubt)):
        for reason, count in sorted(Counter(reasons[reasons != ""].tolist()).items()):
            first = int(rows[reasons == reason].min())
            yield Note(code, reason, first, field, count)
    verdict = places.verdict(of_all=is_kept)
    if verdict:
        count = int(places.misplaced.sum())
        yield Note(MISPLACED_FILE, verdict, int(rows[places.misplaced].min()), field, count)


def _refused(frame: pl.DataFrame, places: Places, declaration: SourceDeclaration) -> pl.DataFrame:
    rule = declaration.place_rule
    reasons = places.fault.copy()
    if rule == "required":
        reasons[places.is_missing] = "has no coordinates"
    if rule == "optional":
        reasons[:] = ""
    return frame.select(
        ROW,
        pl.lit(_field_of(declaration)).alias("field"),
        pl.Series("reason", reasons, dtype=pl.String),
    ).filter(pl.col("reason") != "")


def _field_of(declaration: SourceDeclaration) -> str:
    """Return the file's own names of the coordinates."""
    mapping = declaration.mapping
    names = [name for key in ("lon", "lat") if key in mapping for name in mapping[key].source]
    return "/".join(dict.fromkeys(names)) or "geometry"
