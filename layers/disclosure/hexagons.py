"""Finds which hexagons' counts must be suppressed beside the totals of the districts they touch.

A municipality has tens of thousands of hexagons. Those that the same totals include are
interchangeable, so the audit needs one pair of linear programs for each set of districts and not
for each hexagon. A hexagon across a boundary belongs to several totals, in unpublished shares.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from layers.disclosure.audit import HAIR, Equation, set_up

Mask = NDArray[np.bool_]
Counts = NDArray[np.float64]
Place = tuple[str, ...]  # the districts that a hexagon touches
_SHOWN = "shown "


@dataclass(frozen=True)
class Group:
    """Hidden or free numbers that no published total distinguishes.

    Each piece is part of every total of its tuple. A hexagon across a boundary has a piece in
    each district; one inside a district, or a row of a nested table, has one piece.
    """

    pieces: tuple[tuple[str, ...], ...]
    size: int = 1


@dataclass(frozen=True)
class Totals:
    """What is left of each published total after subtracting its published members."""

    rest: Mapping[str, float]
    groups: Mapping[str, Group] = field(default_factory=dict)


def possible_ranges(
    totals: Totals, names: Iterable[str] | None = None
) -> dict[str, tuple[float, float]]:
    """Return the range of one member of each (named) group, given the totals: least, most.

    Of two or more members of a group one can be 0, since the others can be everything.
    Totals that contradict each other protect nothing: 0 to 0.
    """
    members: dict[str, list[str]] = {key: [] for key in totals.rest}
    equations = []
    for name, group in totals.groups.items():
        pieces = [f"{name} piece {number}" for number in range(len(group.pieces))]
        equations.append(Equation(name, tuple(pieces)))
        for piece, counted_by in zip(pieces, group.pieces, strict=True):
            for total in counted_by:
                if total in members:  # an unpublished total reveals nothing
                    members[total].append(piece)
    equations += [Equation(_SHOWN + key, tuple(each)) for key, each in members.items()]
    shown = {_SHOWN + key: value for key, value in totals.rest.items()}
    hidden = {key for each in equations for key in each.keys} - shown.keys()
    system = set_up(shown, equations, hidden)
    found = {}
    for name in totals.groups if names is None else names:
        try:
            least = 0.0 if totals.groups[name].size > 1 else system.least(name)
            found[name] = (least, system.most(name))
        except ValueError:
            found[name] = (0.0, 0.0)
    return found


def hidden_counts(
    counts: Counts,
    districts: Sequence[Place],
    totals: Mapping[str, float],
    k: int,
    already: Mask | None = None,
) -> Mask:
    """Return which hexagons' counts must be hidden beside the districts' published totals.

    `districts` names, for each hexagon, those that it touches; the shares of its count in each are
    never published. `already` was hidden in an earlier publication.
    """
    table = _Table(counts, districts, totals, k)
    hidden: Mask = (counts > 0) & (counts < k)
    if already is not None:
        hidden |= already
    while True:
        exposed = sorted(table.exposed_districts(hidden))
        found = (table.smallest_open(hidden, district_id) for district_id in exposed)
        added = [index for index in found if index is not None]
        if not added:
            return hidden
        hidden[added] = True


class _Table:
    """Counts of hexagons in the order of the sets of districts that they touch."""

    def __init__(
        self,
        counts: Counts,
        districts: Sequence[Place],
        totals: Mapping[str, float],
        k: int,
    ) -> None:
        self.counts, self.k = counts, k
        self.places = sorted(set(districts))
        number = {place: index for index, place in enumerate(self.places)}
        self.place_of = np.array([number[each] for each in districts], dtype=np.int64)
        touched = {each for place in self.places for each in place}  # "unknown" has no hexagon
        self.totals = {key: float(value) for key, value in totals.items() if key in touched}
        self.ascending = np.lexsort((np.arange(len(counts)), counts))

    def exposed_districts(self, hidden: Mask) -> set[str]:
        """Return the districts whose total reveals a hidden count to within less than k."""
        sizes = self._count(hidden)
        members = {place: size for place, size in sizes.items() if size}
        alone = {place[0] for place, size in members.items() if len(place) == 1 and size == 1}
        crossing = {each for place in members if len(place) > 1 for each in place}
        exposed = alone - crossing
        if not members or exposed:
            return exposed
        named = {_name(place): place for place in members if place}
        bounds = possible_ranges(self._what_is_left(hidden, members), named)
        for name, place in named.items():
            least, most = bounds[name]
            if most - least < self.k - HAIR:
                exposed.update(place)
        return exposed

    def smallest_open(self, hidden: Mask, district_id: str) -> int | None:
        """Return the hexagon with the smallest count above zero still shown in a district."""
        inside = np.array([district_id in place for place in self.places])
        candidates = ~hidden & (self.counts > 0) & inside[self.place_of]
        found = self.ascending[candidates[self.ascending]]
        return int(found[0]) if len(found) else None

    def _count(self, chosen: Mask) -> dict[Place, int]:
        sizes = np.bincount(self.place_of[chosen], minlength=len(self.places))
        return dict(zip(self.places, sizes.tolist(), strict=True))

    def _what_is_left(self, hidden: Mask, members: Mapping[Place, int]) -> Totals:
        """Subtract the shown hexagons inside one district; those across stay as free shares."""
        is_open = ~hidden
        known = np.bincount(
            self.place_of[is_open], self.counts[is_open], minlength=len(self.places)
        )
        rest, groups = dict(self.totals), {}
        opened = self._count(is_open)
        for place, value in zip(self.places, known.tolist(), strict=True):
            if not opened[place]:
                continue
            if len(place) == 1:
                rest[place[0]] -= value
            elif place:
                across = "across " + " ".join(place)
                rest[across] = value
                groups[across] = Group(tuple((each, across) for each in place), 2)
        for place, size in members.items():
            if place:
                groups[_name(place)] = Group(tuple((each,) for each in place), size)
        return Totals({key: max(value, 0.0) for key, value in rest.items()}, groups)


def _name(place: Place) -> str:
    return "hidden " + " ".join(place)
