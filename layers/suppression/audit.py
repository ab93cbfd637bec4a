"""The audit: linear programs tell how near each hidden count can be worked out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

_HAIR = 1e-6
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Equation:
    """The members add up to the total, and a reader knows it."""

    total: str
    members: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return members and total."""
        return (*self.members, self.total)


def ranges(
    counts: Mapping[str, float], equations: Sequence[Equation], hidden: Collection[str]
) -> dict[str, tuple[float, float]]:
    """Return least and most that each hidden count can be: none is below 0, the rest is shown.

    A count in no equation, or beside another free one without any shown total, has no upper end.
    """
    unknown = sorted(hidden)
    used = [each for each in equations if not set(unknown).isdisjoint(each.keys)]
    if not used:
        return dict.fromkeys(unknown, (0.0, np.inf))
    matrix = np.array([[_sign(each, key) for key in unknown] for each in used])
    shown = np.array([_shown(each, counts, hidden) for each in used])
    found = {}
    for position, key in enumerate(unknown):
        goal = np.zeros(len(unknown))
        goal[position] = 1.0
        found[key] = (_extreme(goal, matrix, shown), -_extreme(-goal, matrix, shown))
    return found


def exposed(
    counts: Mapping[str, float], equations: Sequence[Equation], hidden: Collection[str], k: int
) -> set[str]:
    """Return the hidden counts that can be told to within less than k."""
    if not hidden:
        return set()
    found = ranges(counts, equations, hidden)
    return {key for key, (least, most) in found.items() if most - least < k - _HAIR}


def _sign(equation: Equation, key: str) -> float:
    return float(key in equation.members) - float(key == equation.total)


def _shown(equation: Equation, counts: Mapping[str, float], hidden: Collection[str]) -> float:
    """Return what the hidden part of an equation adds up to."""
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
