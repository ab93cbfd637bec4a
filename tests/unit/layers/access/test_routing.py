import networkx as nx
import numpy as np
import polars as pl
import pytest

from layers.access.network import Network, build_network, drive_links, walk_links
from layers.access.routing import cost_from_nearest, cost_matrix, cost_to_nearest, pairs_within

# 1 - 2 - 3 in a row, 4 beside; 2 -> 3 is one-way; 9 is an island.
NODES = pl.DataFrame(
    {"node_id": [1, 2, 3, 4, 9], "x_m": [0.0, 600, 1200, 600, 5000], "y_m": [0.0, 0, 0, 600, 0]}
)
EDGES = pl.DataFrame(
    {
        "from_node": [1, 2, 3, 4, 1],
        "to_node": [2, 3, 4, 2, 2],
        "length_m": [600.0, 600, 900, 600, 700],
        "drive_s": [60.0, 60, 90, 60, 30],
        "is_drivable": [True, True, True, True, True],
        "is_drivable_back": [True, False, True, True, False],
        "is_walkable": [True, True, True, False, True],
    }
)


def drive(factor: float = 1.0) -> Network:
    return build_network(NODES, drive_links(EDGES, factor), leg_cost=0.01, snap_m=1000)


def at(network: Network, *xy_m: tuple[float, float]):
    return network.snap(np.array(xy_m, dtype=float))


def test_h4_direction_access_legs_and_the_faster_of_two_parallel_roads() -> None:
    """H4: from 1 to 3 through the one-way street, back by the detour; legs are added."""
    network = drive()
    west, east = at(network, (0, 50)), at(network, (1200, -100))
    assert cost_to_nearest(network, west, east)[0] == pytest.approx(0.5 + 0.5 + 1 + 1.0)
    assert cost_from_nearest(network, west, east)[0] == pytest.approx(0.5 + 1.5 + 1 + 1 + 1.0)


def test_h4_unreachable_is_infinite_and_the_island_is_left_out() -> None:
    """H4: off the network there is no time, not 999."""
    network = drive()
    assert len(network.xy_m) == 4
    points = at(network, (0, 0), (5000, 0), (np.nan, np.nan))
    assert points.is_joined.tolist() == [True, False, False]
    cost = cost_to_nearest(network, points, at(network, (0, 0)))
    assert cost.tolist() == [0, np.inf, np.inf]
    assert cost_to_nearest(network, points, at(network, (5000, 0))).tolist() == [np.inf] * 3


def test_time_of_day_slows_the_road_and_not_the_way_to_it() -> None:
    network, slow = drive(), drive(0.5)
    ends = [(0, 50), (1200, -100)]
    free = cost_to_nearest(network, at(network, ends[0]), at(network, ends[1]))[0]
    peak = cost_to_nearest(slow, at(slow, ends[0]), at(slow, ends[1]))[0]
    assert peak == pytest.approx(1.5 + 2 * (free - 1.5))


def test_one_walks_against_one_way_streets() -> None:
    network = build_network(NODES, walk_links(EDGES), leg_cost=1.0, snap_m=1000)
    there = cost_to_nearest(network, at(network, (1200, 0)), at(network, (0, 0)))
    assert there[0] == pytest.approx(1200)


def test_matrix_pairs_and_nearest_agree_with_networkx_on_a_random_graph() -> None:
    """H4, H3, T8: three ways to the same distances, and a fourth by another library."""
    rng = np.random.default_rng(5)
    nodes = pl.DataFrame({"node_id": range(60)}).with_columns(
        x_m=pl.Series(rng.uniform(0, 5000, 60)), y_m=pl.Series(rng.uniform(0, 5000, 60))
    )
    a, b = rng.integers(0, 60, (2, 240))
    links = pl.DataFrame({"a": a, "b": b, "cost": rng.uniform(1, 9, 240)}).filter(
        pl.col("a") != pl.col("b")
    )
    network = build_network(nodes, links, leg_cost=0.002, snap_m=9000)
    points = network.snap(rng.uniform(0, 5000, (40, 2)))
    targets = network.snap(rng.uniform(0, 5000, (7, 2)))
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        (int(i), int(j), float(cost)) for (i, j), cost in zip(
            np.argwhere(network.cost.toarray()), network.cost.tocoo().data, strict=True
        )
    )  # fmt: skip
    expected = np.array(
        [
            [nx.dijkstra_path_length(graph, int(p), int(t)) for t in targets.node]
            for p in points.node
        ]
    )
    expected += points.leg[:, None] + targets.leg
    limit = float(np.median(expected))
    limited = np.where(expected <= limit, expected, np.inf)
    np.testing.assert_allclose(cost_matrix(network, points, targets, limit), limited, rtol=1e-12)
    np.testing.assert_allclose(
        cost_to_nearest(network, points, targets), expected.min(axis=1), rtol=1e-12
    )
    pairs = pairs_within(network, points, targets, limit).sort("point", "target")
    np.testing.assert_allclose(pairs["cost"], limited[np.isfinite(limited)], rtol=1e-12)
