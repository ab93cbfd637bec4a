"""Metric coordinates: from WGS-84 degrees to the city's projected CRS and back.

Many CRS, EPSG:4551 among them, put northing first; every transformer here takes and gives x, y.
"""

from functools import cache
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geodata.city.configuration import City
from geodata.errors import CityError

Floats: TypeAlias = npt.NDArray[np.float64]

WGS84_EPSG = 4326


@cache
def _transformer(source_epsg: int, target_epsg: int) -> Transformer:
    return Transformer.from_crs(source_epsg, target_epsg, always_xy=True)


@cache
def _check_metric(epsg: int) -> None:
    """Refuse a CRS in degrees or feet.

    Raises:
        CityError: the CRS is unknown or not projected in metres.
    """
    try:
        crs = CRS.from_epsg(epsg)
    except CRSError as error:
        raise CityError(f"metric_crs: EPSG:{epsg} is not known") from error
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise CityError(f"metric_crs: EPSG:{epsg} is not projected in metres")


def transformer(city: City) -> Transformer:
    """Return the transformer from lon, lat to x, y in metres.

    Raises:
        CityError: the city's metric CRS is unknown or not projected in metres.
    """
    _check_metric(city.metric_crs)
    return _transformer(WGS84_EPSG, city.metric_crs)


def to_degrees(epsg: int) -> Transformer:
    """Return the transformer from the x, y of a CRS to lon, lat in WGS-84; built once."""
    return _transformer(epsg, WGS84_EPSG)


def to_metric(city: City, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return x, y in metres of points in WGS-84."""
    x_m, y_m = transformer(city).transform(np.asarray(lon), np.asarray(lat))
    return np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)


def from_metric(city: City, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return lon, lat in WGS-84 of points in metres."""
    back = _transformer(city.metric_crs, WGS84_EPSG)
    lon, lat = back.transform(np.asarray(x_m), np.asarray(y_m))
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def metric_geometry(city: City, geometry: Any) -> Any:
    """Return a geopandas series of geometries in WGS-84 in the city's metric CRS."""
    _check_metric(city.metric_crs)
    return gpd.GeoSeries(geometry, crs=WGS84_EPSG).to_crs(city.metric_crs)
