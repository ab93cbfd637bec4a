"""Finds the zones that have data in an area at a level, listed singly or compactly."""

from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import Connection

from geodata.published.layers import PublishedLayer
from geodata.published.reading import read_cells_of
from geodata.service.extents import Box, parts_of
from geodata.space.grid import (
    Cells,
    cell_centres,
    cell_polygons,
    cell_res,
    cell_to_parents,
    cells_to_children,
)

_REACH_DEG = {0: 25.0, 1: 10.0, 2: 4.0, 3: 1.5}  # from a zone's centre to its corners, rounded up
_FINE_REACH_DEG = 0.6


@dataclass(frozen=True)
class ZoneQuery:
    """A query for zones."""

    level: int
    box: Box | None = None
    parent: int | None = None
    is_compact: bool = True


def read_zones(connection: Connection, layers: list[PublishedLayer], query: ZoneQuery) -> Cells:
    """Return the zones of a level that cover where the layers have data, ascending."""
    parts = [
        cell_to_parents(read_cells_of(connection, layer.name, res, layer.period), query.level)
        for layer in layers
        if (res := source_level(layer, query.level)) is not None
    ]
    zones = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
    if query.parent is not None:
        zones = zones[_are_below(zones, query.parent)]
    if query.box is not None and len(zones):
        zones = zones[_touch(zones, query.box)]
    return compact(zones) if query.is_compact else zones


def source_level(layer: PublishedLayer, level: int) -> int | None:
    """Return the level whose cells show where a layer has data; None beyond the finest.

    It is the coarsest that is not coarser than the level asked for: its list is the shortest.
    """
    return min((res for res in layer.res if res >= level), default=None)


def compact(zones: Cells) -> Cells:
    """Return the zones with complete families replaced by their parent, up to level 0."""
    kept = [zones]
    rest = zones
    for level in range(int(cell_res(zones).max()) - 1 if len(zones) else -1, -1, -1):
        parents, sizes = np.unique(cell_to_parents(rest, level), return_counts=True)
        whole = parents[sizes == _family_sizes(parents, level)]
        if len(whole) == 0:
            break
        kept[-1] = rest[~np.isin(cell_to_parents(rest, level), whole)]
        kept.append(whole)
        rest = whole
    return np.sort(np.concatenate(kept))


def descendants(zone: int, depth: int) -> Cells:
    """Return the sub-zones of a zone at a relative depth, in the canonical order."""
    level = int(cell_res(np.array([zone]))[0])
    return np.sort(cells_to_children(np.array([zone], dtype=np.int64), level + depth))


def _family_sizes(parents: Cells, level: int) -> Cells:
    """Return how many children each has: 7, of a pentagon 6."""
    children = cells_to_children(parents, level + 1)
    return np.unique(cell_to_parents(children, level), return_counts=True)[1]


def _are_below(zones: Cells, parent: int) -> np.ndarray:
    level = int(cell_res(np.array([parent]))[0])
    if len(zones) == 0 or level > int(cell_res(zones[:1])[0]):
        return np.zeros(len(zones), dtype=np.bool_)
    return np.asarray(cell_to_parents(zones, level) == parent)


def _touch(zones: Cells, box: Box) -> np.ndarray:
    """Return which zones intersect a box, which may cross the antimeridian."""
    touching = np.zeros(len(zones), dtype=np.bool_)
    for part in parts_of(box):
        touching |= _touch_part(zones, part)
    return touching


def _touch_part(zones: Cells, box: Box) -> np.ndarray:
    """Return which zones intersect a box; outlines are made only of those with a centre near it."""
    west, south, east, north = box
    reach = _REACH_DEG.get(int(cell_res(zones[:1])[0]), _FINE_REACH_DEG)
    lon, lat = cell_centres(zones)
    near = (lon > west - reach) & (lon < east + reach)
    near &= (lat > south - reach) & (lat < north + reach)
    outlines = cell_polygons(zones[near])
    touching = np.zeros(len(zones), dtype=np.bool_)
    touching[near] = shapely.intersects(outlines, shapely.box(west, south, east, north))
    return touching
