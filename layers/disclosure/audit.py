"""The audit: linear programs find how closely each hidden count can be worked out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

HAIR = 1e-6  # tolerance of the solver's answers
UNBOUNDED = 3  # the solver's word for a goal without an end
NO_FLOORS: Mapping[str, float] = MappingProxyType({})
Floats = NDArray[np.float64]
Span = tuple[float, float]


@dataclass(frozen=True)
class Equation:
    """An equation known to readers: the members add up to the total."""

    total: str
    members: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return members and total."""
        return (*self.members, self.total)


@dataclass(frozen=True)
class System:
    """All equations together: `matrix` times the hidden counts is `shown`."""

    hidden: tuple[str, ...]
    matrix: Floats
    shown: Floats
    floors: Floats

    def least(self, key: str) -> float:
        """Return the smallest value that a hidden count can have.

        Raises:
            ValueError: the counts contradict their equations.
        """
        return self._extreme(self._goal(key))

    def most(self, key: str) -> float:
        """Return the largest value that a hidden count can have; infinity if it is unbounded.

        Raises:
            ValueError: the counts contradict their equations.
        """
        return -self._extreme(-self._goal(key))

    def _goal(self, key: str) -> Floats:
        return np.array([float(each == key) for each in self.hidden])

    def _extreme(self, goal: Floats) -> float:
        """Return the least value of the goal; minus infinity where it has no end.

        Raises:
            ValueError: the counts contradict their equations.
        """
        bounds = [(floor, None) for floor in self.floors]
        answer = linprog(goal, A_eq=self.matrix, b_eq=self.shown, bounds=bounds, method="highs")
        if answer.status == UNBOUNDED:
            return -np.inf
        if answer.status != 0:
            raise ValueError(f"the published totals contradict the counts: {answer.message}")
        return float(answer.fun)


def set_up(
    counts: Mapping[str, float],
    equations: Iterable[Equation],
    hidden: Collection[str],
    floors: Mapping[str, float] = NO_FLOORS,
) -> System:
    """Set up the equations in which something is hidden; `floors`: what a count is at least."""
    unknown = tuple(sorted(hidden))
    used = [each for each in equations if not set(unknown).isdisjoint(each.keys)]
    matrix = np.array([[_sign(each, key) for key in unknown] for each in used])
    shown = np.array([_shown(each, counts, hidden) for each in used])
    least = np.array([floors.get(key, 0.0) for key in unknown])
    return System(unknown, matrix, shown, least)


def ranges(
    counts: Mapping[str, float],
    equations: Sequence[Equation],
    hidden: Collection[str],
    floors: Mapping[str, float] = NO_FLOORS,
) -> dict[str, tuple[float, float]]:
    """Return the least and the most that each hidden count can be: at least 0, given all shown.

    A count in no equation, or beside another free one without a shown total, is unbounded.
    """
    system = set_up(counts, equations, hidden, floors)
    if len(system.shown) == 0:
        return {key: (floors.get(key, 0.0), np.inf) for key in system.hidden}
    return {key: (system.least(key), system.most(key)) for key in system.hidden}


def exposed(
    counts: Mapping[str, float], equations: Sequence[Equation], hidden: Collection[str], k: int
) -> set[str]:
    """Return the hidden counts that can be worked out too closely.

    To within less than k of anything at least 0; or, since zeros are shown and a hidden count is
    therefore at least 1, to fewer than k possible values.
    """
    if not hidden:
        return set()
    floors = {key: 1.0 for key in hidden if counts[key] >= 1}
    found = ranges(counts, equations, hidden)
    closer = ranges(counts, equations, hidden, floors)
    return {key for key in found if is_narrow(found[key], closer[key], k)}


def is_narrow(span: Span, above_zero: Span, k: int) -> bool:
    """Return whether a range is too narrow: of anything from 0 on, or from 1 on."""
    (least, most), (floor, top) = span, above_zero
    return most - least < k - HAIR or top - floor < k - 1 - HAIR


def _sign(equation: Equation, key: str) -> float:
    return float(key in equation.members) - float(key == equation.total)


def _shown(equation: Equation, counts: Mapping[str, float], hidden: Collection[str]) -> float:
    """Return the sum of the hidden members of an equation."""
    return -sum(_sign(equation, key) * counts[key] for key in equation.keys if key not in hidden)
