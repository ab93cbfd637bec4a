"""Where points lie along a line that they follow in order, and the parts of a line between them."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]  # x, y in metres, a row each


@dataclass(frozen=True)
class Path:
    """A line in metres by its vertices, of which no two in a row are equal."""

    vertices: Points

    @classmethod
    def of(cls, line: shapely.LineString) -> "Path":
        """Return the path of a line; doubled vertices are one."""
        points = shapely.get_coordinates(line)
        moved = np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))
        return cls(points[moved])

    @cached_property
    def at_m(self) -> NDArray[np.float64]:
        """The distance of each vertex from the start."""
        steps = np.hypot(*np.diff(self.vertices, axis=0).T)
        return np.concatenate(([0.0], np.cumsum(steps)))

    @property
    def length_m(self) -> float:
        """The length of the whole path."""
        return float(self.at_m[-1])

    def part(self, begin_m: float, end_m: float) -> shapely.LineString | None:
        """Return the path between two distances, None if they leave nothing of it.

        Counted along the vertices, so that a path may run over itself.
        """
        begin_m, end_m = max(begin_m, 0.0), min(end_m, self.length_m)
        if not begin_m < end_m:
            return None
        within = self.vertices[(self.at_m > begin_m) & (self.at_m < end_m)]
        return shapely.LineString(np.vstack([self._point(begin_m), within, self._point(end_m)]))

    def _point(self, at_m: float) -> Points:
        x, y = (np.interp(at_m, self.at_m, self.vertices[:, axis]) for axis in (0, 1))
        return np.array([[x, y]])


def match_along(path: Path, points: Points, limit_m: float) -> list[float | None]:
    """Return how far along a path each point lies, never decreasing; None where it lies far off.

    Of all ways to go through the points in order, the one with the smallest sum of squared
    distances to the path counts, so a loop, a crossing or a street run both ways is no ambiguity:
    what comes before and after decides. Where two ways are as good, a point is passed as early as
    possible and the last one as late. A point farther than `limit_m` from every part of the path
    that the others leave to it is passed over and binds no other.
    """
    if len(path.vertices) < 2 or not len(points):
        return [None] * len(points)
    steps = [_Step(-1, None, 0.0, 0.0)]
    for number, point in enumerate(points):
        tails = _undominated(steps)  # later along the path, and better, one by one
        places = [step.at_m for step in tails]
        reached = [
            _Step(number, tails[index], at_m, tails[index].cost + off_m**2 - limit_m**2)
            for at_m, off_m in _near(path, point, limit_m)
            if (index := bisect_right(places, at_m) - 1) >= 0
        ]
        steps = [*tails, *reached]  # with those that pass the point over, which costs the limit
    found: list[float | None] = [None] * len(points)
    step: _Step | None = min(steps, key=lambda each: (each.cost, -each.at_m))
    while step is not None and step.number >= 0:
        found[step.number] = step.at_m
        step = step.before
    return found


@dataclass(frozen=True)
class _Step:
    """A point matched to a place on the path, after the best choice of those before it.

    `cost` is the sum of squared distances, less than if every point were passed over.
    """

    number: int
    before: "_Step | None"
    at_m: float
    cost: float


def _undominated(steps: list[_Step]) -> list[_Step]:
    """Return the steps by place, without those that lie later than another and are no better."""
    kept: list[_Step] = []
    for step in sorted(steps, key=lambda each: (each.at_m, each.cost)):
        if not kept or step.cost < kept[-1].cost:
            kept.append(step)
    return kept


def _near(path: Path, point: Points, limit_m: float) -> list[tuple[float, float]]:
    """Return, for each segment within the limit, where its nearest point lies and how far off."""
    start, along = path.vertices[:-1], np.diff(path.vertices, axis=0)
    squares = (along**2).sum(axis=1)
    share = np.clip(((point - start) * along).sum(axis=1) / squares, 0.0, 1.0)
    off_m = np.hypot(*(start + along * share[:, None] - point).T)
    near = off_m <= limit_m
    at_m = path.at_m[:-1] + share * np.sqrt(squares)
    return list(zip(at_m[near].tolist(), off_m[near].tolist(), strict=True))
