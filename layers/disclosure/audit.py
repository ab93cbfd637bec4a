"""The audit: linear programs find how closely each hidden count can be worked out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

HAIR = 1e-6  # tolerance of the solver's answers
Floats = NDArray[np.float64]


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

    def least(self, key: str) -> float:
        """Return the smallest value that a hidden count can have.

        Raises:
            ValueError: the counts contradict their equations.
        """
        return _extreme(self._goal(key), self.matrix, self.shown)

    def most(self, key: str) -> float:
        """Return the largest value that a hidden count can have; infinity if it is unbounded.

        Raises:
            ValueError: the counts contradict their equations.
        """
        return -_extreme(-self._goal(key), self.matrix, self.shown)

    def _goal(self, key: str) -> Floats:
        return np.array([float(each == key) for each in self.hidden])


def set_up(
    counts: Mapping[str, float], equations: Iterable[Equation], hidden: Collection[str]
) -> System:
    """Set up the equations in which something is hidden."""
    unknown = tuple(sorted(hidden))
    used = [each for each in equations if not set(unknown).isdisjoint(each.keys)]
    matrix = np.array([[_sign(each, key) for key in unknown] for each in used])
    shown = np.array([_shown(each, counts, hidden) for each in used])
    return System(unknown, matrix, shown)


def ranges(
    counts: Mapping[str, float], equations: Sequence[Equation], hidden: Collection[str]
) -> dict[str, tuple[float, float]]:
    """Return the least and the most that each hidden count can be: at least 0, given all shown.

    A count in no equation, or beside another free one without a shown total, is unbounded.
    """
    system = set_up(counts, equations, hidden)
    if len(system.shown) == 0:
        return dict.fromkeys(system.hidden, (0.0, np.inf))
    return {key: (system.least(key), system.most(key)) for key in system.hidden}


def exposed(
    counts: Mapping[str, float], equations: Sequence[Equation], hidden: Collection[str], k: int
) -> set[str]:
    """Return the hidden counts that can be worked out to within less than k."""
    if not hidden:
        return set()
    found = ranges(counts, equations, hidden)
    return {key for key, (least, most) in found.items() if most - least < k - HAIR}


def _sign(equation: Equation, key: str) -> float:
    return float(key in equation.members) - float(key == equation.total)


def _shown(equation: Equation, counts: Mapping[str, float], hidden: Collection[str]) -> float:
    """Return the sum of the hidden members of an equation."""
    return -sum(_sign(equation, key) * counts[key] for key in equation.keys if key not in hidden)


def _extreme(goal: Floats, matrix: Floats, shown: Floats) -> float:
    """Return the least value of the goal; minus infinity where it has no end.

    Raises:
        ValueError: the counts contradict their equations.
    """
    answer = linprog(goal, A_eq=matrix, b_eq=shown, bounds=(0, None), method="highs")
    if answer.status == 3:
        return -np.inf
    if answer.status != 0:
        raise ValueError(f"the published totals contradict the counts: {answer.message}")
    return float(answer.fun)
