"""Finds which hexagons' counts must be suppressed beside the totals of the districts they touch.

A municipality has tens of thousands of hexagons. Those that the same totals include are
interchangeable, so the audit needs two pairs of linear programs for each set of districts and not
for each hexagon. A hexagon across a boundary belongs to several totals, in unpublished shares.
The totals of withheld districts are unknown one by one; their sum is the city's less the others'.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from layers.disclosure.totals import TOTAL_OF, Group, Totals, narrow_groups

Mask = NDArray[np.bool_]
Counts = NDArray[np.float64]
Place = tuple[str, ...]  # the districts that a hexagon touches
_WITHHELD, _ELSEWHERE = "all withheld districts", "withheld without hexagons"


class HexTable:
    """Counts of hexagons in the order of the sets of districts that they touch.

    `withheld` are the districts whose totals are withheld; `is_whole_shown`: the city's is not.
    """

    def __init__(
        self,
        counts: Counts,
        districts: Sequence[Place],
        totals: Mapping[str, float],
        k: int,
        withheld: Collection[str] = (),
        *,
        is_whole_shown: bool = True,
    ) -> None:
        """Order the counts by the places that they lie in."""
        self.counts, self.k = counts, k
        self.places = sorted(set(districts))
        number = {place: index for index, place in enumerate(self.places)}
        self.place_of = np.array([number[each] for each in districts], dtype=np.int64)
        touched = {each for place in self.places for each in place}  # "unknown" has no hexagon
        self.totals = {key: float(value) for key, value in totals.items() if key in touched}
        self.withheld = sorted(self.totals.keys() & set(withheld))
        self.elsewhere = [totals.get(each, 0.0) for each in set(withheld) - touched]
        self.is_whole_shown = is_whole_shown
        self.ascending = np.lexsort((np.arange(len(counts)), counts))

    def hide(self, already: Mask | None = None) -> tuple[Mask, set[str]]:
        """Return which counts must be hidden, and the districts whose hexagons do not suffice.

        Of the latter the total would disclose a count even if every hexagon above 0 were hidden.
        """
        hidden: Mask = (self.counts > 0) & (self.counts < self.k)
        if already is not None:
            hidden |= already
        while True:
            exposed = self.exposed_districts(hidden)
            found = {each: self.smallest_open(hidden, each) for each in sorted(exposed)}
            added = [index for index in found.values() if index is not None]
            if not added:
                return hidden, exposed
            hidden[added] = True

    def exposed_districts(self, hidden: Mask) -> set[str]:
        """Return the districts whose total reveals a hidden count, or is revealed itself."""
        sizes = self._count(hidden)
        members = {place: size for place, size in sizes.items() if size}
        alone = {place[0] for place, size in members.items() if len(place) == 1 and size == 1}
        crossing = {each for place in members if len(place) > 1 for each in place}
        exposed = alone - crossing - set(self.withheld)
        if not (members or self.withheld) or exposed:
            return exposed
        named = self.names(hidden)
        positive = self._count(hidden & (self.counts >= 1))
        floors = {_name(place): float(size) for place, size in positive.items() if size and place}
        left = self.what_is_left(hidden)
        for name in narrow_groups(left, named, floors, self.k):
            exposed.update(named[name])
        return exposed

    def names(self, hidden: Mask) -> dict[str, Place]:
        """Return what is audited, each with its districts: groups of hexagons, withheld totals."""
        groups = {
            _name(place): place for place, size in self._count(hidden).items() if size and place
        }
        return {**groups, **{TOTAL_OF + each: (each,) for each in self.withheld}}

    def smallest_open(self, hidden: Mask, district_id: str) -> int | None:
        """Return the hexagon with the smallest count above zero still shown in a district."""
        inside = np.array([district_id in place for place in self.places])
        candidates = ~hidden & (self.counts > 0) & inside[self.place_of]
        found = self.ascending[candidates[self.ascending]]
        return int(found[0]) if len(found) else None

    def _count(self, chosen: Mask) -> dict[Place, int]:
        sizes = np.bincount(self.place_of[chosen], minlength=len(self.places))
        return dict(zip(self.places, sizes.tolist(), strict=True))

    def what_is_left(self, hidden: Mask) -> Totals:
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
        for place, size in self._count(hidden).items():
            if place and size:
                groups[_name(place)] = Group(tuple((each,) for each in place), size)
        return self._without_withheld({key: max(each, 0.0) for key, each in rest.items()}, groups)

    def _without_withheld(self, rest: dict[str, float], groups: dict[str, Group]) -> Totals:
        """Replace the withheld totals by their sum, which the city's total tells."""
        together = sum(rest.pop(each) for each in self.withheld)
        parent = _WITHHELD if self.is_whole_shown and self.withheld else None
        if parent:
            rest[parent] = together + sum(self.elsewhere)
        if parent and self.elsewhere:
            groups[_ELSEWHERE] = Group(((parent,),))
        return Totals(rest, groups, dict.fromkeys(self.withheld, parent))


def _name(place: Place) -> str:
    return "hidden " + " ".join(place)
