"""Finds why a place lies where it cannot: each known slip is undone, and tried against the bounds.

A cause is a guess for people to act on. Places are never moved by it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from geodata.space import datums, grid
from geodata.space.crs import WGS84_EPSG

Floats = npt.NDArray[np.float64]
Points: TypeAlias = tuple[Floats, Floats]
Bounds: TypeAlias = tuple[float, float, float, float]  # west, south, east, north

SWAPPED = "longitude and latitude look swapped"
SIGN_LOST = "a minus sign looks lost"
SWAPPED_AND_SIGN_LOST = "longitude and latitude look swapped, and a minus sign lost"
METRES = "the numbers look like metres, not degrees: declare their crs"
DEGREES = "the numbers look like degrees, not metres of the declared crs"
OTHER_CRS = "the numbers look like those of another crs or zone than declared"
OTHER_DATUM = "the coordinates look shifted: another datum than declared"
POINT_SHIFTED = "the decimal point looks shifted, or degrees and minutes run together"
DIGIT_LOST = "a digit looks lost"
DIGIT_TOO_MANY = "there looks to be a digit too many"
# Slips that turn places of the whole world into others that are possible too.
DOUBTFUL = (SWAPPED, SIGN_LOST, SWAPPED_AND_SIGN_LOST)

_WEB_MERCATOR = 3857
_SHIFT_REACH_DEGREES = 0.025  # datums are up to 1.5 km apart
_MOST_DIGITS = 3  # of whole degrees
_MOST_SHIFTED = 7  # places of the decimal point: degrees as whole numbers


@dataclass(frozen=True)
class Reading:
    """How a source's numbers become places: its `crs` and `datum`, and what its city has.

    `datum_area` is where the city declares the shifted datums to apply, if it does.
    """

    metric_crs: int
    crs: int | None = None
    datum: str = "wgs84"
    datum_area: Bounds | None = None

    def to_degrees(self, x: Floats, y: Floats) -> Points:
        """Return degrees of its datum; infinite where the projection has no such point."""
        return _from_crs(self.crs, x, y)

    def to_wgs84(self, x: Floats, y: Floats) -> Points:
        """Return longitude and latitude, as they are where the datum is not declared."""
        lon, lat, _ = datums.to_wgs84(*self.to_degrees(x, y), self.datum, self.datum_area)
        return lon, lat


Trial: TypeAlias = tuple[str, Callable[[Floats, Floats], Iterable[Points]]]


def find_causes(
    x: Floats, y: Floats, bounds: Bounds, reading: Reading, *, only_doubtful: bool = False
) -> npt.NDArray[np.object_]:
    """Return for each pair, as it was given, the first slip that explains it, '' where none does.

    A slip explains a pair if the place lies within `bounds` (WGS-84) once it is undone. With
    `only_doubtful` none but the slips of `DOUBTFUL` are tried.
    """
    causes = np.full(x.shape, "", dtype=object)
    open_rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    for cause, undo in _trials(bounds, reading):
        if not open_rows.size:
            break
        if only_doubtful and cause not in DOUBTFUL:
            continue
        explained = np.zeros(open_rows.shape, dtype=np.bool_)
        with np.errstate(all="ignore"):
            for lon, lat in undo(x[open_rows], y[open_rows]):
                explained |= grid.in_bounds(lat, lon, bounds)
        causes[open_rows[explained]] = cause
        open_rows = open_rows[~explained]
    return causes


def _trials(bounds: Bounds, reading: Reading) -> Iterator[Trial]:
    """Yield the slips, the commonest and the least ambiguous first."""
    yield SWAPPED, lambda x, y: [reading.to_wgs84(y, x)]
    if reading.crs is None:
        yield SIGN_LOST, lambda x, y: [(-x, y), (x, -y), (-x, -y)]
        yield SWAPPED_AND_SIGN_LOST, lambda x, y: [(-y, x), (y, -x), (-y, -x)]
        yield METRES, lambda x, y: _as_metres(x, y, bounds, reading)
    else:
        yield DEGREES, lambda x, y: [(x, y), (y, x)]
        yield OTHER_CRS, lambda x, y: _as_metres(x, y, bounds, reading)
    if reading.datum_area is not None:
        yield OTHER_DATUM, lambda x, y: _other_datums(x, y, bounds, reading)
    if reading.crs is None:
        yield POINT_SHIFTED, lambda x, y: _shifted_points(x, y, reading)
        yield DIGIT_LOST, lambda x, y: _either(x, y, _with_a_digit_more)
        yield DIGIT_TOO_MANY, lambda x, y: _either(x, y, _with_a_digit_less)


def _from_crs(crs: int | None, x: Floats, y: Floats) -> Points:
    if crs is None:
        return x, y
    lon, lat = Transformer.from_crs(crs, WGS84_EPSG, always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _as_metres(x: Floats, y: Floats, bounds: Bounds, reading: Reading) -> Iterator[Points]:
    """Read numbers too large for degrees in the projections that the city's neighbours use.

    An easting of a Gauss-Kruger zone may begin with the number of its zone.
    """
    far = (np.abs(x) > 360) & (np.abs(y) > 360)
    given = np.where(far, x, np.nan), np.where(far, y, np.nan)
    for crs in (reading.metric_crs, _utm_of(bounds), _WEB_MERCATOR):
        for east, north in (given, given[::-1]):
            yield _from_crs(crs, east, north)
            if crs != _WEB_MERCATOR:
                yield _from_crs(crs, np.mod(east, 1e6), north)


def _utm_of(bounds: Bounds) -> int:
    """Return the EPSG code of the UTM zone in which the middle of the bounds lies."""
    west, south, east, north = bounds
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    return (32600 if north + south >= 0 else 32700) + zone


def _other_datums(x: Floats, y: Floats, bounds: Bounds, reading: Reading) -> Iterator[Points]:
    west, south, east, north = bounds
    reach = _SHIFT_REACH_DEGREES
    wider = (west - reach, south - reach, east + reach, north + reach)
    lon, lat = _from_crs(reading.crs, x, y)
    near = grid.in_bounds(lat, lon, wider)
    lon, lat = np.where(near, lon, np.nan), np.where(near, lat, np.nan)
    yield lon, lat
    for datum in datums.Datum:
        if datum != reading.datum:
            shifted_lon, shifted_lat, _ = datums.to_wgs84(lon, lat, datum, wider)
            yield shifted_lon, shifted_lat


def _shifted_points(x: Floats, y: Floats, reading: Reading) -> Iterator[Points]:
    for places in (*range(-_MOST_SHIFTED, 0), *range(1, _MOST_SHIFTED + 1)):
        factor = 10.0**places
        for east, north in ((x * factor, y), (x, y * factor), (x * factor, y * factor)):
            yield reading.to_wgs84(east, north)


def _either(x: Floats, y: Floats, change: Callable[[Floats], Iterator[Floats]]) -> Iterator[Points]:
    for changed in change(x):
        yield changed, y
    for changed in change(y):
        yield x, changed


def _with_a_digit_more(values: Floats) -> Iterator[Floats]:
    """Yield the values with each digit put in at each place of their whole degrees."""
    whole = np.trunc(np.abs(values))
    for place in range(_MOST_DIGITS):
        head, tail = np.divmod(whole, 10.0**place)
        for digit in range(10):
            longer = (head * 10 + digit) * 10.0**place + tail
            yield np.copysign(longer + (np.abs(values) - whole), values)


def _with_a_digit_less(values: Floats) -> Iterator[Floats]:
    """Yield the values with each digit of their whole degrees left out."""
    whole = np.trunc(np.abs(values))
    for place in range(_MOST_DIGITS + 1):
        head, tail = np.divmod(whole, 10.0**place)
        yield np.copysign((head // 10) * 10.0**place + tail + (np.abs(values) - whole), values)
