"""Cuts areas at the boundaries of the districts: each piece belongs to one of them, or outside.

Points have `DistrictLocator`; an area that crosses a boundary is never given to the district of its
centre.
"""

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.configuration import City
from geodata.space.areal import Shapes, polygonal, tiles, to_metres
from geodata.space.crs import from_metric
from geodata.space.districts import DistrictLocator, read_districts
from geodata.space.grid import Mask
from geodata.tables import OUTSIDE_DISTRICT

NESTED_SHARE = 0.995  # of a unit in one district: the rest is how its boundary was digitised
SLIVER_M = 10.0  # so is a piece narrower than this ...
SLIVER_SHARE = 0.1  # ... that has less than this of the unit
_ROUNDING = 1e-9  # share of an area that cutting may invent
_METRES_PER_DEGREE = 111_000.0
_LONG_EDGE_DEGREES = 0.01  # a chord of 1 km is a centimetre off at most

Positions = npt.NDArray[np.int64]


class Pieces(NamedTuple):
    """Pieces of areas in metres: the position of the area each is of, its district, its shape."""

    source: Positions
    district_id: npt.NDArray[np.str_]
    shape: Shapes


class DistrictAreas:
    """Cuts areas by the districts in the city's metric CRS.

    Edges are straight in degrees, as they are for points: long ones get points in between before
    they are projected, else an edge of 50 km would lie 15 m beside itself.
    """

    def __init__(self, city: City, districts: gpd.GeoDataFrame) -> None:
        """Prepare the polygons by ascending id: what two of them cover belongs to the lowest."""
        ordered = districts.sort_values("district_id")
        self.city = city
        self._bounds = ordered.total_bounds
        self._ids = np.array(ordered["district_id"], dtype=np.str_)
        self._outlines = _disjoint(polygonal(self.to_metres(ordered.geometry.to_numpy())))
        shapely.prepare(self._outlines)
        parts = [tiles(outline) for outline in self._outlines]
        self._tiles = np.array([tile for part in parts for tile in part], dtype=object)
        self._tile_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self._tree = shapely.STRtree(self._tiles)
        self._locator = DistrictLocator.of_city(city, districts)

    @classmethod
    def of_city(cls, city: City) -> "DistrictAreas":
        """Return the areas of a city's districts.

        Raises:
            CityError: its districts cannot be read.
        """
        return cls(city, read_districts(city))

    def to_metres(self, shapes: Shapes) -> Shapes:
        """Return shapes in WGS-84 in metres, with points in between on long edges."""
        return to_metres(self.city, shapely.segmentize(shapes, _LONG_EDGE_DEGREES))

    def are_near(self, shapes: Shapes) -> Mask:
        """Return which shapes in WGS-84 may meet a district; all others lie outside."""
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        left, low, right, high = self._bounds
        up = (self.city.boundary_tolerance_m + 1.0) / _METRES_PER_DEGREE
        aside = up / max(np.cos(np.radians(max(abs(low), abs(high)))), 0.01)
        beside = (west <= right + aside) & (east >= left - aside)
        near: Mask = beside & (south <= high + up) & (north >= low - up)
        return near

    def cut(self, shapes: Shapes) -> Pieces:
        """Cut areas in metres exactly; what lies in no district becomes a piece `outside`.

        Within the city's `boundary_tolerance_m` such a piece belongs to the nearest district.
        """
        within = self._covering(shapes)
        whole = np.flatnonzero(within >= 0)
        crossing = np.flatnonzero((within < 0) & (shapely.area(shapes) > 0))
        inside = self._inside(shapes, crossing)
        beyond = self._drawn_in(_rest(shapes, crossing, inside))
        uncut = Pieces(whole, self._ids[within[whole]], shapes[whole])
        return _united(_concatenated(uncut, inside, beyond))

    def cut_units(self, shapes: Shapes) -> Pieces:
        """Cut areas that were digitised apart from the districts: what nests is not cut.

        A unit nests in the district that has 99.5 % of it; of other units a piece narrower than
        10 m with less than a tenth of the area belongs to the district that has most of the unit.
        """
        exact = self.cut(shapes)
        area = shapely.area(exact.shape)
        share = area / np.bincount(exact.source, weights=area, minlength=1)[exact.source]
        order = np.lexsort((exact.district_id, -share, exact.source))
        first = np.append(True, np.diff(exact.source[order]) > 0)[: len(order)]
        main = order[np.flatnonzero(first)[np.cumsum(first) - 1]]
        main_of = np.empty(len(order), dtype=np.int64)
        main_of[order] = main
        joins = share[main_of] >= NESTED_SHARE
        small = np.flatnonzero(~joins & (share < SLIVER_SHARE))
        joins[small] = shapely.is_empty(shapely.buffer(exact.shape[small], -SLIVER_M / 2))
        district_id = np.where(joins, exact.district_id[main_of], exact.district_id)
        return _united(Pieces(exact.source, district_id, exact.shape))

    def _covering(self, shapes: Shapes) -> Positions:
        """Return the position of the district that covers each shape, -1 where none does."""
        within = np.full(len(shapes), -1, dtype=np.int64)
        shape, tile = self._tree.query(shapes)
        pairs = np.unique(np.column_stack([shape, self._tile_of[tile]]), axis=0)
        covers = shapely.covers(self._outlines[pairs[:, 1]], shapes[pairs[:, 0]])
        within[pairs[covers, 0]] = pairs[covers, 1]
        return within

    def _inside(self, shapes: Shapes, crossing: Positions) -> Pieces:
        """Return the pieces of crossing shapes that lie in districts."""
        shape, tile = self._tree.query(shapes[crossing])
        parts = polygonal(shapely.intersection(shapes[crossing[shape]], self._tiles[tile]))
        pieces = _united(Pieces(crossing[shape], self._ids[self._tile_of[tile]], parts))
        return _sized(pieces, shapes)

    def _drawn_in(self, beyond: Pieces) -> Pieces:
        """Give what lies just outside to the nearest district, if the city has a tolerance."""
        if not self.city.boundary_tolerance_m:
            return beyond
        parts, piece = shapely.get_parts(beyond.shape, return_index=True)
        inner = shapely.point_on_surface(parts)
        lon, lat = from_metric(self.city, shapely.get_x(inner), shapely.get_y(inner))
        return Pieces(beyond.source[piece], self._locator.locate(lon, lat), parts)


def _disjoint(outlines: Shapes) -> Shapes:
    """Take from each outline what an earlier one covers too."""
    apart = outlines.copy()
    tree = shapely.STRtree(outlines)
    for later, earlier in sorted(map(tuple, tree.query(outlines, predicate="intersects").T)):
        if earlier < later:
            shared = shapely.intersection(apart[later], apart[earlier])
            if shared.area > _ROUNDING * apart[later].area:
                apart[later] = polygonal(np.array([apart[later].difference(apart[earlier])]))[0]
    return apart


def _rest(shapes: Shapes, crossing: Positions, inside: Pieces) -> Pieces:
    """Return what is left of crossing shapes beside their pieces, as pieces outside."""
    nowhere = np.full(len(inside.source), "", dtype=np.str_)
    known = _united(inside._replace(district_id=nowhere))
    taken: dict[int, Any] = dict(zip(known.source.tolist(), known.shape, strict=True))
    left = np.array(
        [shapes[at].difference(taken[at]) if at in taken else shapes[at] for at in crossing],
        dtype=object,
    )
    outside = np.full(len(crossing), OUTSIDE_DISTRICT)
    return _sized(Pieces(crossing, outside, polygonal(left)), shapes)


def _sized(pieces: Pieces, shapes: Shapes) -> Pieces:
    """Leave out pieces that are only the rounding of a cut."""
    real = shapely.area(pieces.shape) > _ROUNDING * shapely.area(shapes[pieces.source])
    return Pieces(*(column[real] for column in pieces))


def _concatenated(*parts: Pieces) -> Pieces:
    return Pieces(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _united(pieces: Pieces) -> Pieces:
    """Return one piece for each source and district, in their order."""
    order = np.lexsort((pieces.district_id, pieces.source))
    source, shape = pieces.source[order], pieces.shape[order]
    district_id = pieces.district_id[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(source) != 0) | (district_id[1:] != district_id[:-1])
    first = np.flatnonzero(begins)
    groups = np.split(shape, first[1:])
    united = [
        part[0] if len(part) == 1 else shapely.union_all(part) for part in groups[: len(first)]
    ]
    return Pieces(source[first], district_id[first], np.array(united, dtype=object))
