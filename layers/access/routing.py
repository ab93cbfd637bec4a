"""Shortest paths on a network: to the nearest of many places, and between many and many."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from layers.access.network import Floats, Network, Snapped

_ROWS_AT_ONCE = 256  # of a matrix that is dense while it is computed


def cost_to_nearest(network: Network, points: Snapped, targets: Snapped) -> Floats:
    """Return the cost from each point to the nearest target on the network.

    Infinite where a point or every target is off the network.
    """
    return _nearest(network.cost.T.tocsr(), points, targets)


def cost_from_nearest(network: Network, points: Snapped, sources: Snapped) -> Floats:
    """Return the cost to each point from the nearest source on the network."""
    return _nearest(network.cost, points, sources)


def _nearest(graph: csr_array, points: Snapped, ends: Snapped) -> Floats:
    """Search from all ends at once; each is a node of its own, its leg the link to its crossing."""
    joined = ends.is_joined
    cost = np.full(len(points.node), np.inf)
    if not joined.any() or not points.is_joined.any():
        return cost
    size, extra = graph.shape[0], int(joined.sum())
    known = graph.tocoo()
    rows = np.concatenate([known.row, size + np.arange(extra)])
    columns = np.concatenate([known.col, ends.node[joined]])
    weights = np.concatenate([known.data, ends.leg[joined]])
    whole = coo_array((weights, (rows, columns)), shape=(size + extra, size + extra)).tocsr()
    reached = dijkstra(whole, indices=size + np.arange(extra), min_only=True)
    on = points.is_joined
    cost[on] = reached[points.node[on]] + points.leg[on]
    return cost


def cost_matrix(network: Network, points: Snapped, targets: Snapped, limit: float) -> Floats:
    """Return the cost from each point (row) to each target (column), infinite beyond `limit`."""
    matrix = np.full((len(points.node), len(targets.node)), np.inf)
    on, ends = np.flatnonzero(points.is_joined), np.flatnonzero(targets.is_joined)
    backward = network.cost.T.tocsr()
    for part in _parts(ends):
        reached = dijkstra(backward, indices=targets.node[part], limit=limit)
        costs = reached[:, points.node[on]].T + points.leg[on][:, None] + targets.leg[part]
        matrix[np.ix_(on, part)] = np.where(costs <= limit, costs, np.inf)
    return matrix


def pairs_within(network: Network, points: Snapped, targets: Snapped, limit: float) -> pl.DataFrame:
    """Return point, target (row numbers) and cost of every pair within `limit`: a thin matrix."""
    at = pl.DataFrame({"point": np.arange(len(points.node)), "node": points.node})
    at = at.with_columns(leg=pl.Series(points.leg)).filter(pl.Series(points.is_joined))
    found = [_reached(network, targets, part, limit) for part in _parts(targets.is_joined)]
    if not found:
        return pl.DataFrame(schema={"point": pl.Int64, "target": pl.Int64, "cost": pl.Float64})
    return (
        pl.concat(found)
        .join(at, on="node")
        .select("point", "target", cost=pl.col("cost") + pl.col("leg"))
        .filter(pl.col("cost") <= limit)
    )


def _reached(
    network: Network, targets: Snapped, part: npt.NDArray[np.int64], limit: float
) -> pl.DataFrame:
    """Return node, target and cost of the crossings from which some targets can be reached."""
    reached = dijkstra(network.cost.T.tocsr(), indices=targets.node[part], limit=limit)
    row, node = np.nonzero(np.isfinite(reached))
    cost = reached[row, node] + targets.leg[part][row]
    return pl.DataFrame({"node": node, "target": part[row], "cost": cost})


def _parts(chosen: npt.NDArray[np.generic]) -> Iterator[npt.NDArray[np.int64]]:
    """Yield row numbers, or those at which a mask holds, so many at a time."""
    rows = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE]
