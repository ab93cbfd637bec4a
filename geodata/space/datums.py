"""China's shifted datums: GCJ-02 (official maps) and BD-09 (Baidu), to and from WGS-84.

GCJ-02 here is the widely published form on the Krasovsky 1940 ellipsoid. All functions take and
return arrays of longitudes and latitudes in degrees and shift everything they are given: the
formulas know no border, so `to_wgs84` applies them only within the area a city declares.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodata.errors import GeographyError

Floats: TypeAlias = npt.NDArray[np.float64]
LonLat: TypeAlias = tuple[Floats, Floats]
Area: TypeAlias = tuple[float, float, float, float]  # west, south, east, north

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_LON_OFFSET, _BD_LAT_OFFSET = 0.0065, 0.006
_BD_ANGLE = np.pi * 3000.0 / 180.0
_MAX_ROUNDS = 10
_PRECISION_DEGREES = 1e-10  # about 0.01 mm


class Datum(StrEnum):
    """The datum of a source's coordinates."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def _waves(values: Floats, terms: tuple[tuple[float, float], ...]) -> Floats:
    """Sum sines; each term is (amplitude, half-turns per unit)."""
    total = np.zeros_like(values)
    for amplitude, half_turns in terms:
        total += amplitude * np.sin(values * half_turns * np.pi)
    return total * (2.0 / 3.0)


def _shift_east(x: Floats, y: Floats) -> Floats:
    polynomial = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    short = _waves(x, ((20.0, 6.0), (20.0, 2.0)))
    return (
        polynomial
        + short
        + _waves(x, ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30)))
    )


def _shift_north(x: Floats, y: Floats) -> Floats:
    polynomial = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    short = _waves(x, ((20.0, 6.0), (20.0, 2.0)))
    return (
        polynomial
        + short
        + _waves(y, ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30)))
    )


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> LonLat:
    """Shift WGS-84 to GCJ-02."""
    x, y = lon - 105.0, lat - 35.0
    radians = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    prime_vertical_m = _SEMI_MAJOR_M / np.sqrt(magic)
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / magic**1.5
    east = np.degrees(_shift_east(x, y) / (prime_vertical_m * np.cos(radians)))
    north = np.degrees(_shift_north(x, y) / meridian_m)
    return lon + east, lat + north


def gcj02_to_bd09(lon: Floats, lat: Floats) -> LonLat:
    """Shift GCJ-02 to BD-09."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + _BD_LON_OFFSET, radius * np.sin(angle) + _BD_LAT_OFFSET


def _invert(forward: Callable[[Floats, Floats], LonLat], lon: Floats, lat: Floats) -> LonLat:
    """Find the point that `forward` sends to (lon, lat), by fixed-point rounds.

    A single step, as common libraries take, errs by up to 3.3 m; a few rounds reach a micrometre.
    """
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(_MAX_ROUNDS):
        seen_lon, seen_lat = forward(guess_lon, guess_lat)
        off_lon, off_lat = lon - seen_lon, lat - seen_lat
        guess_lon += off_lon
        guess_lat += off_lat
        worst = np.maximum(np.abs(off_lon), np.abs(off_lat))
        if not (worst > _PRECISION_DEGREES).any():
            break
    return guess_lon, guess_lat


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> LonLat:
    """Undo the GCJ-02 shift."""
    return _invert(wgs84_to_gcj02, lon, lat)


def bd09_to_gcj02(lon: Floats, lat: Floats) -> LonLat:
    """Undo the BD-09 shift, down to GCJ-02."""
    return _invert(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: Floats, lat: Floats) -> LonLat:
    """Shift WGS-84 to BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Floats, lat: Floats) -> LonLat:
    """Undo both shifts."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_TO_WGS84: dict[Datum, Callable[[Floats, Floats], LonLat]] = {
    Datum.GCJ02: gcj02_to_wgs84,
    Datum.BD09: bd09_to_wgs84,
}


def to_wgs84(
    lon: npt.ArrayLike, lat: npt.ArrayLike, datum: Datum | str, area: Area | None
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Return lon, lat in WGS-84 and the mask of rows left as they were: outside the area, or NaN.

    The area (west, south, east, north) is where the city declares the shifted datums to apply;
    without one, nothing is shifted and every row of a shifted datum is in the mask.

    Raises:
        GeographyError: the datum is not known.
    """
    try:
        shift = _TO_WGS84.get(Datum(datum))
    except ValueError as error:
        raise GeographyError(f"unknown datum {datum!r}; known: {', '.join(Datum)}") from error
    lons, lats = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    if shift is None:
        return lons, lats, np.zeros(lons.shape, dtype=np.bool_)
    if area is None:
        return lons, lats, np.ones(lons.shape, dtype=np.bool_)
    west, south, east, north = area
    inside = (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)
    lons[inside], lats[inside] = shift(lons[inside], lats[inside])
    return lons, lats, ~inside
