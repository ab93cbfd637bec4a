"""Builds the graph from ways: cuts ways where they meet and measures each stretch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from pyproj import Geod

from etl.roads.read import Ways
from etl.transform.locate import X, Y
from etl.transform.shapes import ewkb

_ELLIPSOID = Geod(ellps="WGS84")
KMH_PER_M_S = 3.6
_CARRIED = (
    "way_id", "highway", "speed_kmh", "is_speed_estimated", "is_drivable", "is_drivable_back",
    "is_walkable",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RoadFrames:
    """Rows for `road_node` and `road_edge`, and how many links had no place."""

    nodes: pl.DataFrame
    edges: pl.DataFrame
    links_lost: int


def build_roads(ways: Ways) -> RoadFrames:
    """Cut ways at the points that two of them share and at their ends.

    The tags need the columns of `profiles` and `speeds`. Lengths are geodesic. A link to a point
    without a place is left out; the way continues after it.
    """
    start = np.flatnonzero(ways.of_way[:-1] == ways.of_way[1:])  # link: this point to the next
    placed = np.isfinite(ways.lon)
    sound = placed[start] & placed[start + 1]
    links = start[sound]
    stretch = _stretches(links, _junctions(ways))
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(links)) - 1
    edges = _edges(ways, links, stretch, first, last)
    ends = np.unique(np.concatenate([links[first], links[last] + 1]))
    nodes = pl.DataFrame(
        {"node_id": ways.node_id[ends], X: ways.lon[ends], Y: ways.lat[ends]}
    ).unique("node_id", keep="first", maintain_order=True)
    return RoadFrames(nodes.sort("node_id"), edges, int((~sound).sum()))


def _junctions(ways: Ways) -> npt.NDArray[np.bool_]:
    """Return which points divide stretches: shared ones, and the ends of ways."""
    _, index, times = np.unique(ways.node_id, return_inverse=True, return_counts=True)
    shared = times[index] > 1
    change = ways.of_way[:-1] != ways.of_way[1:]
    shared[0] = shared[-1] = True
    shared[1:] |= change
    shared[:-1] |= change
    return np.asarray(shared)


def _stretches(
    links: npt.NDArray[np.int64], junction: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Number the stretch of each link: a new one begins at a junction and after a gap."""
    begins = junction[links]
    begins[1:] |= np.diff(links) > 1
    if len(begins):
        begins[0] = True
    return np.asarray(np.cumsum(begins) - 1)


def _edges(
    ways: Ways,
    links: npt.NDArray[np.int64],
    stretch: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
) -> pl.DataFrame:
    after = links + 1
    _, _, link_m = _ELLIPSOID.inv(
        ways.lon[links], ways.lat[links], ways.lon[after], ways.lat[after]
    )
    length_m = np.bincount(stretch, weights=link_m, minlength=len(first))
    rows = ways.of_way[links[first]]
    carried = ways.tags.select(_CARRIED)[rows]
    frame = carried.with_columns(
        pl.Series("from_node", ways.node_id[links[first]]),
        pl.Series("to_node", ways.node_id[links[last] + 1]),
        pl.Series("length_m", length_m),
        ewkb("geom", _lines(ways, links, stretch, last)),
    )
    return frame.with_columns(
        segment=pl.int_range(pl.len(), dtype=pl.Int32).over("way_id"),
        drive_s=pl.col("length_m") * KMH_PER_M_S / pl.col("speed_kmh"),
    )


def _lines(
    ways: Ways,
    links: npt.NDArray[np.int64],
    stretch: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
) -> npt.NDArray[np.object_]:
    """Return each stretch as a line: the points its links start from, and the last one's end."""
    points = np.concatenate([links, links[last] + 1])
    of_stretch = np.concatenate([stretch, stretch[last]])
    order = np.lexsort((points, of_stretch))
    places = np.column_stack([ways.lon, ways.lat])[points[order]]
    lines: npt.NDArray[np.object_] = shapely.linestrings(places, indices=of_stretch[order])
    return lines
