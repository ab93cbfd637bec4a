"""Cameras as areas: a small panel and a wall of twice the pixels show the same area."""

import math

from geodata.city.configuration import City
from geodata.errors import NotFoundError
from layers.maps.cell_lists import districts_of

TILE_PX = 512
MAP_WIDTH_PX, MAP_HEIGHT_PX = 1000, 780  # the panel that a city's zoom is chosen for

Camera = dict[str, object]


def area_camera(west: float, south: float, east: float, north: float) -> Camera:
    """Return the camera that keeps an area in view."""
    return {"bounds": [west, south, east, north], "duration": 0}


def point_camera(lon: float, lat: float, zoom: float) -> Camera:
    """Return the area that a zoom shows around a point on the panel it was chosen for."""
    lon_per_px = 360 / (TILE_PX * 2**zoom)
    half_width = lon_per_px * MAP_WIDTH_PX / 2
    half_height = lon_per_px * MAP_HEIGHT_PX / 2 * math.cos(math.radians(lat))
    return area_camera(lon - half_width, lat - half_height, lon + half_width, lat + half_height)


def home_camera(city: City) -> Camera:
    """Return the city's first view."""
    return point_camera(city.camera.lon, city.camera.lat, city.camera.zoom)


def whole_camera(city: City) -> Camera:
    """Return the view of all districts."""
    return area_camera(*(float(edge) for edge in districts_of(city).total_bounds))


def district_camera(city: City, district_id: str) -> Camera:
    """Return the view of one district.

    Raises:
        NotFoundError: there is no such district.
    """
    districts = districts_of(city)
    own = districts[districts["district_id"] == district_id]
    if own.empty:
        raise NotFoundError(f"no district is called {district_id!r}")
    return area_camera(*(float(edge) for edge in own.total_bounds))
