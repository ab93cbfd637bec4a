"""Invented roads: streets on the grid, blocks between them, country roads between villages.

Everything is connected except field tracks, which no car may use.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay, cKDTree

from geodata.space.grid import cell_to_parents
from simulator.ground.planar import Floats
from simulator.ground.street_grid import StreetGrid
from simulator.ground.world import World

Pairs = NDArray[np.int64]
VILLAGE_RES = 8
OFF_GRID_M = 420.0  # people farther from any crossing live on a country road
FAST_APPEAL, MAIN_APPEAL = 0.85, 1.1  # see StreetGrid.appeal: lower is better
_CLASSES = ("primary", "secondary", "tertiary")


@dataclass(frozen=True, eq=False)
class Roads:
    """Places of nodes, and ways: the nodes of each and its highway class."""

    xy_m: Floats
    paths: list[Pairs]
    highway: list[str]


def build_roads(world: World, grid: StreetGrid) -> Roads:
    """Return the streets, the streets within blocks and the country roads."""
    middle = grid.xy_m[grid.links].mean(axis=1)
    mid_number = len(grid.xy_m) + np.arange(len(middle))
    streets = np.column_stack([grid.links[:, 0], mid_number, grid.links[:, 1]])
    ranks = np.digitize(grid.appeal, [FAST_APPEAL, MAIN_APPEAL])
    blocks = _blocks(grid)
    centre_number = len(grid.xy_m) + len(middle) + np.arange(len(blocks))
    centres = middle[blocks].mean(axis=1)
    through = [mid_number[blocks[:, side]] for side in range(4)]
    across = [
        np.column_stack([through[0], centre_number, through[1]]),
        np.column_stack([through[2], centre_number, through[3]]),
    ]
    villages = _villages(world, grid)
    village_number = len(grid.xy_m) + len(middle) + len(blocks) + np.arange(len(villages))
    numbers = np.concatenate([np.arange(len(grid.xy_m)), village_number])
    places = np.concatenate([grid.xy_m, villages])
    country = _country(places, grid)
    main = _main_roads(world, places, country, grid)
    return Roads(
        np.concatenate([grid.xy_m, middle, centres, villages]),
        [*streets, *across[0], *across[1], *numbers[country]],
        [
            *(_CLASSES[rank] for rank in ranks),
            *(["residential"] * (2 * len(blocks))),
            *np.where(main, "secondary", "unclassified"),
        ],
    )


def _blocks(grid: StreetGrid) -> Pairs:
    """Return the four links around each block: two that face each other, then the other two."""
    a, b = grid.links.T
    frame = pl.DataFrame({"a": a, "b": b, "link": np.arange(len(a)), "along": grid.along})
    east, north = (frame.filter(side).drop("along") for side in ("along", ~pl.col("along")))
    west_side = north.rename({"a": "sw", "b": "nw", "link": "west"})
    south_side = east.rename({"a": "sw", "b": "se", "link": "south"})
    north_side = east.rename({"a": "nw", "b": "ne", "link": "north"})
    east_side = north.rename({"a": "se", "b": "ne", "link": "east"})
    corners = (
        south_side.join(west_side, on="sw")
        .join(north_side, on="nw")
        .join(east_side, on=["se", "ne"])
    )
    return corners.select("south", "north", "west", "east").sort("south").to_numpy()


def _villages(world: World, grid: StreetGrid) -> Floats:
    """Return the places of people off the grid: the most populous cell of each neighbourhood."""
    cells = world.cells
    xy_m = world.plane.to_metres(cells.lon, cells.lat)
    far = cKDTree(grid.xy_m).query(xy_m)[0] > OFF_GRID_M
    frame = pl.DataFrame(
        {
            "parent": cell_to_parents(cells.cell[far], VILLAGE_RES),
            "residents": cells.residents[far],
            "row": np.flatnonzero(far),
        }
    )
    rows = frame.sort("parent", "residents", "row").group_by("parent").last().sort("parent")["row"]
    return np.asarray(xy_m[rows.to_numpy()])


def _country(places: Floats, grid: StreetGrid) -> Pairs:
    """Return roads between neighbours, but for those that the grid itself joins.

    Two places are neighbours if no third lies in the circle that has them as diameter (Gabriel
    graph). It contains the minimum spanning tree, so everything is connected.
    """
    triangles = Delaunay(places).simplices
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])),
        axis=0,
    ).astype(np.int64)
    ends = places[edges]
    radius = np.hypot(*(ends[:, 0] - ends[:, 1]).T) / 2
    nearest, _ = cKDTree(places).query(ends.mean(axis=1))
    component = np.full(len(places), -1)
    component[: len(grid.xy_m)] = grid.component
    own = component[edges]
    on_grid = (own[:, 0] == own[:, 1]) & (own[:, 0] >= 0)
    return np.asarray(edges[(nearest >= radius * (1 - 1e-9)) & ~on_grid])


def _main_roads(
    world: World, places: Floats, country: Pairs, grid: StreetGrid
) -> NDArray[np.bool_]:
    """Return which country roads lie on a shortest path from the city's core to a town."""
    settlements = world.rules.population.settlements
    if not settlements:
        return np.zeros(len(country), dtype=bool)
    links = np.concatenate([country, grid.links])
    length = np.hypot(*(places[links[:, 0]] - places[links[:, 1]]).T)
    graph = csr_matrix((length, (links[:, 0], links[:, 1])), shape=(len(places),) * 2)
    at = world.plane.to_metres(
        np.array([each.lon for each in settlements]), np.array([each.lat for each in settlements])
    )
    _, towns = cKDTree(places).query(at)
    _, before = dijkstra(graph, directed=False, indices=int(towns[0]), return_predecessors=True)
    passed: set[tuple[int, int]] = set()
    for town in towns[1:]:
        here = int(town)
        while before[here] >= 0:
            there = int(before[here])
            passed.add((min(here, there), max(here, there)))
            here = there
    return np.array([(int(a), int(b)) in passed for a, b in country], dtype=bool)
