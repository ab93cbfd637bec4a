"""Carries areas, lines and rasters over to hexagons: counts keep their sum, levels are averaged.

The target hexagons always cover the whole source (`grid.cover`, overlap): tobler otherwise silently
moves into them what lies outside. Areas and lengths are those of the city's metric CRS.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.configuration import City
from geodata.space import grid
from geodata.space.crs import transformer

_HAIR_DEGREES = 1e-9  # turns a line into an area that hexagons can cover
_TILE_CORNERS = 300
_FINEST = 2.0**-20  # of a person: sums of such shares are exact in any order
_NOTHING = shapely.Polygon()
_POLYGON = shapely.GeometryType.POLYGON.value
_MULTIPOLYGON = shapely.GeometryType.MULTIPOLYGON.value

Shapes = npt.NDArray[Any]


def cut_by_cells(
    city: City, shapes: Shapes, res: int
) -> tuple[npt.NDArray[np.int64], grid.Cells, Shapes]:
    """Return of each part of lines or areas in WGS-84 its source's position, its cell, its shape.

    The shapes are in metres.
    """
    cells = grid.cover(shapely.union_all(shapely.buffer(shapes, _HAIR_DEGREES)), res)
    hexagons = to_metres(city, grid.cell_polygons(cells))
    projected = to_metres(city, shapes)
    source, at = shapely.STRtree(hexagons).query(projected, predicate="intersects")
    parts = shapely.intersection(projected[source], hexagons[at])
    return source.astype(np.int64), cells[at], parts


def largest_remainder(total: int, weights: grid.Floats) -> npt.NDArray[np.int64]:
    """Share an integer over weights; ties go to the earlier weight, the sum is exact."""
    exact = total * weights / weights.sum()
    shares: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    missing = total - int(shares.sum())
    if missing >= 0:
        shares[order[:missing]] += 1
    else:  # of very large totals: rounding has lifted a share over a whole number
        shares[order[missing:]] -= 1
    return shares


def divide(total: float, weights: grid.Floats) -> grid.Floats:
    """Divide a number in proportion to weights so that the parts add up to it, in any order.

    The parts are multiples of a millionth (2**-20), by largest remainder; of a total that is none
    the rest goes to the greatest part.
    """
    units = round(total / _FINEST)
    parts = largest_remainder(units, weights).astype(np.float64) * _FINEST
    parts[int(np.argmax(parts))] += total - units * _FINEST
    return parts


def polygonal(shapes: Shapes) -> Shapes:
    """Return the polygons of each geometry, without lines and points; an empty one if it has none.

    What is polygons only stays as it is.
    """
    found = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for at in np.flatnonzero((kinds != _POLYGON) & (kinds != _MULTIPOLYGON)):
        parts = shapely.get_parts(shapely.get_parts(shapes[at]))
        areas = [part for part in parts if shapely.get_type_id(part) == _POLYGON]
        found[at] = shapely.multipolygons(areas) if len(areas) > 1 else [*areas, _NOTHING][0]
    return found


def mended(shapes: Shapes) -> Shapes:
    """Return polygons with those that are not valid made so: rings keep what they enclose."""
    found = shapes.copy()
    broken = ~shapely.is_valid(shapes)
    made = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    found[broken] = polygonal(np.asarray(made, dtype=object))
    return found


def tiles(geometry: Any) -> list[Any]:
    """Return the geometry in pieces of few corners: clipping a large one costs all its corners."""
    if shapely.get_num_coordinates(geometry) <= _TILE_CORNERS:
        return [] if shapely.is_empty(geometry) else [geometry]
    west, south, east, north = geometry.bounds
    if east - west > north - south:
        middle = (west + east) / 2
        halves = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        halves = [(west, south, east, middle), (west, middle, east, north)]
    return [
        tile
        for half in halves
        for tile in tiles(shapely.intersection(geometry, shapely.box(*half)))
    ]


def to_metres(city: City, shapes: Shapes) -> Shapes:
    """Return shapes in WGS-84 transformed to the city's metric CRS, point by point."""
    project = transformer(city)
    projected: Shapes = shapely.transform(
        shapes, lambda lon_lat: np.column_stack(project.transform(*lon_lat.T))
    )
    return projected
