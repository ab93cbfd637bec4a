"""The cells of a polygon: those that overlap it, and those that index points of it.

A parent is not the union of its children, so the second set is larger than the first: a point just
inside the polygon may belong to a storage cell whose coarse ancestor does not touch the polygon.
Both are found by descending from coarse cells and testing only those near the border.
"""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import shapely

from geodata.errors import GeographyError
from geodata.space.grid.bits import (
    STORAGE_RES,
    Cells,
    cell_res,
    cell_to_parents,
    cells_to_children,
    check_res,
)
from geodata.space.grid.cells import Mask, cell_centres, cell_polygons, latlng_to_cells

Contain: TypeAlias = Literal["overlap", "center"]

_EDGE_RES0_KM = 1281.256  # average edge; one resolution finer is sqrt(7) shorter
_KM_PER_DEGREE = 111.195
# All descendants of a cell lie within 1.0524 edges of its centre (the sum of sqrt(3) * 7**(-k/2)
# over the levels below). Edges longer than average make 1.135 the most seen on the globe, beside
# pentagons; 1.2 leaves room.
_REACH_EDGES = 1.0524 * 1.2
_MAX_SPAN_DEGREES = 20.0
_TOLERANCE_DEGREES = 1e-7  # about 1 cm: cell edges are great arcs, polygons are planar


class _Plane(NamedTuple):
    """The polygon in degrees scaled to equal length in both directions, and its largest extent."""

    polygon: Any
    border: Any
    scale: float
    stretch: float


def _plane(polygon: Any) -> _Plane:
    west, south, east, north = polygon.bounds
    if east - west > _MAX_SPAN_DEGREES or north - south > _MAX_SPAN_DEGREES:
        raise GeographyError("a polygon to cover may span 20 degrees at most")
    scale = float(np.cos(np.radians((south + north) / 2)))
    narrowest = float(np.cos(np.radians(max(abs(south), abs(north)))))
    flat = shapely.transform(polygon, lambda lon_lat: lon_lat * (scale, 1.0))
    border = shapely.boundary(flat)
    shapely.prepare([flat, border])
    return _Plane(flat, border, scale, scale / narrowest)


def _reach_degrees(plane: _Plane, res: int) -> float:
    edge_km = _EDGE_RES0_KM / 7 ** (res / 2)
    return edge_km * _REACH_EDGES * plane.stretch / _KM_PER_DEGREE


def _locate(plane: _Plane, cells: Cells, res: int) -> tuple[Mask, Mask]:
    """Return for each cell whether its centre is inside, and whether the border is near."""
    lon, lat = cell_centres(cells)
    x = lon * plane.scale
    inside: Mask = shapely.contains_xy(plane.polygon, x, lat)
    near: Mask = shapely.dwithin(
        plane.border, shapely.points(x, lat), _reach_degrees(plane, res) + _TOLERANCE_DEGREES
    )
    return inside, near


def _touches(plane: _Plane, cells: Cells) -> Mask:
    shapes = shapely.transform(cell_polygons(cells), lambda lon_lat: lon_lat * (plane.scale, 1.0))
    touching: Mask = shapely.dwithin(plane.polygon, shapes, _TOLERANCE_DEGREES)
    return touching


def _seeds(plane: _Plane, res: int) -> Cells:
    """Return cells at `res` whose descendants include every point of the polygon's box."""
    west, south, east, north = plane.polygon.bounds
    step = _EDGE_RES0_KM / 7 ** (res / 2) / 2 / _KM_PER_DEGREE
    pad = _reach_degrees(plane, res)
    x = np.arange(west - pad, east + pad + step, step)
    y = np.arange(max(south - pad, -90.0), min(north + pad + step, 90.0), step)
    lon = (np.repeat(x, len(y)) / plane.scale + 180) % 360 - 180
    return np.unique(latlng_to_cells(np.tile(y, len(x)), lon, res))


def _seed_res(plane: _Plane, res: int) -> int:
    """Return the finest resolution at which a cell is as large as the polygon, or `res`."""
    west, south, east, north = plane.polygon.bounds
    span_km = max(east - west, north - south, 1e-9) * _KM_PER_DEGREE
    finest = int(np.floor(2 * np.log(_EDGE_RES0_KM / span_km) / np.log(7)))
    return int(np.clip(finest + 1, 0, res))


def _descend(plane: _Plane, res: int) -> tuple[list[Cells], Cells]:
    """Return the cells at `res` wholly inside, in pieces, and those near the border."""
    start = _seed_res(plane, res)
    doubtful, whole = _seeds(plane, start), []
    for level in range(start, res + 1):
        inside, near = _locate(plane, doubtful, level)
        whole.append(cells_to_children(doubtful[inside & ~near], res))
        doubtful = cells_to_children(doubtful[near], min(level + 1, res))
    return whole, doubtful


def _reached(plane: _Plane, cells: Cells, res: int) -> Cells:
    """Return those cells of which a descendant at `STORAGE_RES` overlaps the polygon.

    A cell's centre is the centre of one descendant at every finer resolution, so a centre inside
    settles it; only cells beside the border are subdivided further.
    """
    found: list[Cells] = []
    while len(cells):
        level = int(cell_res(cells[:1])[0])
        inside, near = _locate(plane, cells, level)
        if level == STORAGE_RES:
            inside |= near & _touches(plane, cells)
        found.append(np.unique(cell_to_parents(cells[inside], res)))
        open_cells = cells[near & ~np.isin(cell_to_parents(cells, res), found[-1])]
        if level == STORAGE_RES:
            break
        cells = cells_to_children(open_cells, level + 1)
    return np.concatenate(found) if found else cells


def cover(polygon: Any, res: int, contain: Contain = "overlap") -> Cells:
    """Return the cells that overlap a (multi)polygon in lon, lat, or whose centre is in it.

    The cells ascend. Use `overlap` where the polygon must be covered. A polygon must not cross the
    date line.

    Raises:
        GeographyError: the resolution is not one, or the polygon is larger than 20 degrees.
    """
    check_res(res)
    if polygon.is_empty:
        return np.empty(0, dtype=np.int64)
    plane = _plane(polygon)
    whole, doubtful = _descend(plane, res)
    if contain == "center":
        chosen, _ = _locate(plane, doubtful, res)
    else:
        chosen = _touches(plane, doubtful)
    return np.unique(np.concatenate([*whole, doubtful[chosen]]))


def cover_logical(polygon: Any, res: int) -> Cells:
    """Return the cells at `res` that points inside can have as ancestor of their storage cell.

    These are the ancestors of the `STORAGE_RES` cells that overlap the polygon, ascending.

    Raises:
        GeographyError: the resolution is not one, is finer than the storage resolution, or the
            polygon is larger than 20 degrees.
    """
    if check_res(res) > STORAGE_RES:
        raise GeographyError(f"points are not indexed finer than resolution {STORAGE_RES}")
    if polygon.is_empty:
        return np.empty(0, dtype=np.int64)
    plane = _plane(polygon)
    whole, doubtful = _descend(plane, res)
    return np.unique(np.concatenate([*whole, _reached(plane, doubtful, res)]))
