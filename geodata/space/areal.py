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
    shares[order[: total - int(shares.sum())]] += 1
    return shares


def to_metres(city: City, shapes: Shapes) -> Shapes:
    """Return shapes in WGS-84 transformed to the city's metric CRS, point by point."""
    project = transformer(city)
    projected: Shapes = shapely.transform(
        shapes, lambda lon_lat: np.column_stack(project.transform(*lon_lat.T))
    )
    return projected
