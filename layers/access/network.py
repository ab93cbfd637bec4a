"""The road graph of one mode of travel, and how places are joined to it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NOWHERE = -1
_SECONDS = 60.0


@dataclass(frozen=True, eq=False)
class Network:
    """Crossings each of which can be reached from every other.

    `cost[i, j]` is what it takes from crossing i to its neighbour j: minutes by car, metres on
    foot. `leg_cost` is what a metre from a place to its crossing adds, in the same unit.
    """

    xy_m: Floats
    cost: csr_array
    leg_cost: float
    snap_m: float

    def snap(self, xy_m: Floats) -> "Snapped":
        """Join places to their nearest crossings."""
        if not len(self.xy_m) or not len(xy_m):
            return Snapped(np.full(len(xy_m), NOWHERE), np.full(len(xy_m), np.inf))
        placed = np.asarray(np.isfinite(xy_m).all(axis=1))
        distance_m, node = cKDTree(self.xy_m).query(np.where(placed[:, None], xy_m, 0.0))
        near = placed & (distance_m <= self.snap_m)
        leg = np.where(near, distance_m * self.leg_cost, np.inf)
        return Snapped(np.where(near, node, NOWHERE).astype(np.int64), leg)


@dataclass(frozen=True, eq=False)
class Snapped:
    """Places joined to a network: their crossings (`NOWHERE`: none near) and the cost to them."""

    node: Integers
    leg: Floats

    @property
    def is_joined(self) -> npt.NDArray[np.bool_]:
        """Return which places have a crossing."""
        return np.asarray(self.node != NOWHERE)


def drive_links(edges: pl.DataFrame, speed_factor: float = 1.0) -> pl.DataFrame:
    """Return a, b and cost in minutes, a row a direction in which one may drive.

    `speed_factor` is the share of the speed that is left at that time of day.
    """
    cost = (pl.col("drive_s") / (_SECONDS * speed_factor)).alias("cost")
    along = edges.filter("is_drivable").select(a="from_node", b="to_node", cost=cost)
    back = edges.filter("is_drivable_back").select(a="to_node", b="from_node", cost=cost)
    return pl.concat([along, back])


def walk_links(edges: pl.DataFrame) -> pl.DataFrame:
    """Return a, b and cost in metres, a row a direction; one walks against one-way streets too."""
    walked = edges.filter("is_walkable").select(a="from_node", b="to_node", cost="length_m")
    return pl.concat([walked, walked.select(a="b", b="a", cost="cost")])


def build_network(
    nodes: pl.DataFrame, links: pl.DataFrame, leg_cost: float, snap_m: float
) -> Network:
    """Return the largest part of a graph in which every crossing reaches every other.

    Args:
        nodes: node_id, x_m, y_m.
        links: a, b (node_id), cost; of parallel ones the cheapest counts.
        leg_cost: what a metre off the network costs.
        snap_m: the distance beyond which a place is not on the network.
    """
    ids = nodes["node_id"].to_numpy()
    order = np.argsort(ids)
    sorted_ids = ids[order]
    known = links.filter(pl.col("a").is_in(ids.tolist()), pl.col("b").is_in(ids.tolist()))
    cheapest = known.group_by("a", "b").agg(pl.col("cost").min()).sort("a", "b")
    a, b = (order[np.searchsorted(sorted_ids, cheapest[end].to_numpy())] for end in ("a", "b"))
    size = len(ids)
    graph = coo_array((cheapest["cost"].to_numpy(), (a, b)), shape=(size, size)).tocsr()
    kept = _largest(graph)
    xy_m = nodes.select("x_m", "y_m").to_numpy()[kept]
    return Network(xy_m, graph[kept][:, kept], leg_cost, snap_m)


def _largest(graph: csr_array) -> Integers:
    """Return the crossings of the largest strongly connected part, in order."""
    if graph.shape[0] == 0:
        return np.empty(0, dtype=np.int64)
    _, label = connected_components(graph, directed=True, connection="strong")
    return np.flatnonzero(label == np.argmax(np.bincount(label)))
