"""Disclosure control: which counts of people may be published, and which others would reveal them.

METHODS 9. Primary: counts from 1 to k-1. Complementary: a published total with exactly one hidden
member gives it away, so the smallest other member is hidden with it, until none is left. Then the
audit: linear programs find how far each hidden count could be told from all published totals; what
lies within less than k gets another companion.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from layers.indicator import Indicator, StateClass

LIMITS: Mapping[str, int] = {"emergency": 5, "health": 10}
_HAIR = 1e-6

Mask = NDArray[np.bool_]
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Hidden or free numbers that no published total tells apart.

    Each piece of it counts in every total of its tuple. A hexagon across a boundary has a piece in
    each district; one inside a district, or a row of a nested table, has one piece.
    """

    pieces: tuple[tuple[str, ...], ...]
    size: int = 1


@dataclass(frozen=True)
class Totals:
    """What is left of each published total when its published members are taken off."""

    rest: Mapping[str, float]
    groups: Mapping[str, Group] = field(default_factory=dict)


def smallest_count(indicator: Indicator) -> int | None:
    """Return the smallest count of people that may be published; None where none are counted.

    A health entry that everyone may see on a hexagon measures the way to a hospital, no patients.
    """
    if indicator.domain == "health" and indicator.kiosk == "public":
        return None
    return LIMITS.get(indicator.domain)


def is_additive_count(indicator: Indicator) -> bool:
    """Tell whether values, or the numerators of a rate per resident, add up to published totals."""
    counted = indicator.state_class in (StateClass.ADDITIVE, StateClass.STOCK)
    return counted or (indicator.state_class is StateClass.RATIO and bool(indicator.denominator))


def reachable_ranges(
    totals: Totals, names: Iterable[str] | None = None
) -> dict[str, tuple[float, float]]:
    """Return how far one member of each (named) group could be told from the totals: least, most.

    Of two or more members of a group one can be nothing, since the others can be everything.
    """
    columns = [(name, piece) for name, group in totals.groups.items() for piece in group.pieces]
    equations = list(totals.rest)
    matrix = np.array([[float(eq in piece) for _, piece in columns] for eq in equations])
    rest = np.array([totals.rest[eq] for eq in equations])
    found = {}
    for name in totals.groups if names is None else names:
        group = totals.groups[name]
        goal = np.array([float(owner == name) for owner, _ in columns])
        least, most = (sign * _least(sign * goal, matrix, rest) for sign in (1, -1))
        found[name] = (0.0 if group.size > 1 else least, most)
    return found


def _least(goal: Counts, matrix: Counts, rest: Counts) -> float:
    """Return the smallest value of a sum of pieces; 0 where the totals contradict each other."""
    answer = linprog(goal, A_eq=matrix, b_eq=rest, method="highs")
    return float(answer.fun) if answer.status == 0 else 0.0


def hidden_counts(
    counts: Counts, districts: Sequence[tuple[str, ...]], totals: Mapping[str, float], k: int
) -> Mask:
    """Return which hexagons' counts must be hidden beside the districts' published totals.

    `districts` names, for each hexagon, those that it touches; a count is not split between them,
    and what share lies where is never published.
    """
    hidden: Mask = (counts > 0) & (counts < k)
    while True:
        exposed = _exposed_districts(counts, districts, totals, hidden, k)
        added = [
            index
            for district_id in sorted(exposed)
            if (index := _smallest_open(counts, districts, hidden, district_id)) is not None
        ]
        if not added:
            return hidden
        hidden[added] = True


def _exposed_districts(
    counts: Counts,
    districts: Sequence[tuple[str, ...]],
    totals: Mapping[str, float],
    hidden: Mask,
    k: int,
) -> set[str]:
    """Return the districts whose total tells a hidden count to within less than k."""
    members = _group_by_place(districts, hidden)
    alone = {
        place[0] for place, indexes in members.items() if len(place) == 1 and len(indexes) == 1
    }
    crossing = {each for place in members if len(place) > 1 for each in place}
    exposed = alone - crossing
    if not members or exposed:
        return exposed
    named = {"hidden " + " ".join(place): place for place in members}
    told = reachable_ranges(_totals(counts, districts, totals, hidden), named)
    for name, place in named.items():
        least, most = told[name]
        if most - least < k - _HAIR:
            exposed.update(place)
    return exposed


def _totals(
    counts: Counts,
    districts: Sequence[tuple[str, ...]],
    totals: Mapping[str, float],
    hidden: Mask,
) -> Totals:
    """Set up the totals: open hexagons inside one district are known, those across are split."""
    touched = {each for place in districts for each in place}  # "unknown" has no hexagon
    rest = {key: float(value) for key, value in totals.items() if key in touched}
    groups = {}
    for place, indexes in _group_by_place(districts, ~hidden).items():
        known = float(counts[indexes].sum())
        if len(place) == 1:
            rest[place[0]] -= known
        else:
            across = "across " + " ".join(place)
            rest[across] = known
            groups[across] = Group(tuple((each, across) for each in place), 2)
    for place, indexes in _group_by_place(districts, hidden).items():
        pieces = tuple((each,) for each in place)
        groups["hidden " + " ".join(place)] = Group(pieces, len(indexes))
    return Totals({key: max(value, 0.0) for key, value in rest.items()}, groups)


def _group_by_place(
    districts: Sequence[tuple[str, ...]], chosen: Mask
) -> dict[tuple[str, ...], list[int]]:
    members: dict[tuple[str, ...], list[int]] = {}
    for index in np.flatnonzero(chosen).tolist():
        members.setdefault(districts[index], []).append(index)
    return members


def _smallest_open(
    counts: Counts, districts: Sequence[tuple[str, ...]], hidden: Mask, district_id: str
) -> int | None:
    """Return the hexagon with the smallest count above zero still shown in a district."""
    inside = [
        index
        for index in np.flatnonzero(~hidden & (counts > 0)).tolist()
        if district_id in districts[index]
    ]
    return min(inside, key=lambda index: (counts[index], index), default=None)
