"""The line of a trip's shape: finds the position along it, in metres from its first point."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

METRES_PER_DEGREE = 111_320.0
OFF_SHAPE_M = 50.0  # METHODS T6
_BACKWARDS_M = 30.0  # a fix may fall back by so much while the vehicle stands still


@dataclass(frozen=True)
class Fix:
    """A position on a line: metres along it, and metres beside it."""

    along_m: float
    off_m: float


class ShapeLine:
    """A line of WGS-84 points, measured on the plane that touches the earth at its middle."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        """Project the line; it needs two points at least."""
        self._origin = float(lon.mean()), float(lat.mean())
        xy = self._to_metres(lon, lat)
        self._from, self._step = xy[:-1], np.diff(xy, axis=0)
        length = np.hypot(*self._step.T)
        self._length = np.where(length > 0, length, 1.0)
        self._start = np.concatenate([[0.0], np.cumsum(length)])[:-1]
        self.length_m = float(length.sum())

    def _to_metres(self, lon: Floats, lat: Floats) -> Floats:
        lon0, lat0 = self._origin
        x = (lon - lon0) * np.cos(np.radians(lat0)) * METRES_PER_DEGREE
        return np.column_stack([x, (lat - lat0) * METRES_PER_DEGREE])

    def _on_segments(self, lon: float, lat: float) -> tuple[Floats, Floats]:
        """Return metres along and metres beside the line, of the nearest point of each segment."""
        point = self._to_metres(np.array([lon]), np.array([lat]))[0]
        offset = point - self._from
        share = (offset * self._step).sum(axis=1) / self._length**2
        share = np.clip(share, 0.0, 1.0)
        beside = np.hypot(*(offset - share[:, None] * self._step).T)
        return self._start + share * np.hypot(*self._step.T), beside

    def locate(
        self, lon: float, lat: float, *, after_m: float | None, expected_m: float
    ) -> Fix | None:
        """Return where a vehicle is, never behind `after_m`; none if it is off the line.

        Where the line passes a place twice, the next pass after `after_m` counts, and for a vehicle
        seen for the first time the pass nearest to where the timetable expects it.
        """
        along, beside = self._on_segments(lon, lat)
        near = beside <= OFF_SHAPE_M
        if after_m is not None:
            near &= along >= after_m - _BACKWARDS_M
        if not near.any():
            return None
        along, beside = along[near], beside[near]
        if after_m is None:
            first = np.argmin(np.abs(along - expected_m) + beside)
        else:
            pass_end = along <= along.min() + 4 * OFF_SHAPE_M  # the next pass, not a later one
            first = np.flatnonzero(pass_end)[np.argmin(beside[pass_end])]
        return Fix(float(max(along[first], after_m or 0.0)), float(beside[first]))

    def place_stops(self, lon: Floats, lat: Floats) -> Floats:
        """Return metres along the line of stops in their order, each behind the one before it.

        Of all such placings, the one with the least sum of distances: loops and lines that pass a
        stop twice come out right.
        """
        placed = [self._on_segments(x, y) for x, y in zip(lon, lat, strict=True)]
        along, cost = placed[0]
        total, choices = cost, [along]
        back: list[npt.NDArray[np.int64]] = []
        for next_along, next_cost in placed[1:]:
            best, origin = _cheapest_before(choices[-1], total, next_along)
            total = best + next_cost
            choices.append(next_along)
            back.append(origin)
        at = int(np.argmin(total))
        result = [choices[-1][at]]
        for previous, origin in zip(reversed(choices[:-1]), reversed(back), strict=True):
            at = int(origin[at])
            result.append(previous[at])
        return np.maximum.accumulate(np.array(result[::-1]))


def _cheapest_before(
    along: Floats, total: Floats, next_along: Floats
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return, for each position of the next stop, the cheapest position of this one before it.

    Places grow with the segments, so the last admissible one is this segment's or the one before.
    """
    origin = np.zeros(len(total), dtype=np.int64)
    best = np.minimum.accumulate(total)
    for index in range(1, len(total)):
        origin[index] = index if total[index] < best[index - 1] else origin[index - 1]
    same = along <= next_along  # on the same segment only if not behind
    before = np.concatenate([[np.inf], best[:-1]])
    before_origin = np.concatenate([[0], origin[:-1]])
    return np.where(same, best, before), np.where(same, origin, before_origin)
