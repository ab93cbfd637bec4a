"""Bus lines on the street grid: each starts where demand is still least served."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from simulator.ground.planar import Floats
from simulator.ground.street_grid import StreetGrid

SERVED = 0.35  # the share of a crossing's demand left after one more line
FIRST_TRIES = 12


@dataclass(frozen=True, eq=False)
class Line:
    """A line: its name, its class and the crossings it passes."""

    name: str
    key: str
    nodes: NDArray[np.int64]
    peak_headway_min: float


class LinePlanner:
    """Draws lines one after another, and tracks how well each crossing is served."""

    def __init__(self, grid: StreetGrid, rng: np.random.Generator) -> None:
        """Start with every crossing unserved."""
        self._grid = grid
        self._rng = rng
        self.wish = grid.residents.copy()

    def _walk(self, before: NDArray[np.int32], origin: int, end: int) -> NDArray[np.int64]:
        nodes = [end]
        while nodes[-1] != origin:
            nodes.append(int(before[nodes[-1]]))
        return np.array(nodes[::-1], dtype=np.int64)

    def _length(self, nodes: NDArray[np.int64]) -> float:
        return float(np.hypot(*np.diff(self._grid.xy_m[nodes], axis=0).T).sum())

    def _origin(self, members: NDArray[np.bool_]) -> int:
        weight = np.where(members, self.wish, 0.0) ** 1.3
        return int(self._rng.choice(len(weight), p=weight / weight.sum()))

    def draw(
        self, members: NDArray[np.bool_], length_m: tuple[float, float]
    ) -> NDArray[np.int64] | None:
        """Return the crossings of one more line within `members`, or None if none fits."""
        unserved = self.wish / np.maximum(self._grid.residents, 1)
        factor = 1.25 - 0.5 * unserved[self._grid.links].mean(axis=1)
        graph = self._grid.graph(factor)
        for _ in range(FIRST_TRIES):
            origin = self._origin(members)
            _, before = dijkstra(graph, indices=origin, return_predecessors=True)
            nodes = self._farther_end(origin, before, members, length_m)
            if nodes is not None:
                self.wish[nodes] *= SERVED
                return nodes
        return None

    def _farther_end(
        self,
        origin: int,
        before: NDArray[np.int32],
        members: NDArray[np.bool_],
        length_m: tuple[float, float],
    ) -> NDArray[np.int64] | None:
        low, high = length_m
        straight: Floats = np.hypot(*(self._grid.xy_m - self._grid.xy_m[origin]).T)
        weight = np.where(members & (straight > 0.6 * low) & (straight < high), self.wish, 0.0)
        weight[before < 0] = 0.0
        if not weight.any():
            return None
        for end in self._rng.choice(len(weight), size=8, p=weight / weight.sum()):
            nodes = self._walk(before, origin, int(end))
            if low <= self._length(nodes) <= high:
                return nodes
        return None
