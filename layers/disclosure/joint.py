"""Decides one pattern for everything additive that is published of a population and period.

Districts, the city, the rest in no district, and hexagons, of every measure (calls beside events):
what is withheld of one measure is withheld of all. Withheld districts protect one another beside
the city, hexagons beside the districts, and districts beside their hexagons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from layers.catalogue.indicator import Indicator
from layers.disclosure.hexagons import Counts, HexTable, Mask, Place
from layers.disclosure.places import (
    NOWHERE,
    TOTAL,
    Readings,
    has_small_count,
    primary_places,
    protect,
    table_with_total,
    tables_of,
)
from layers.disclosure.public_value import CountedValue
from layers.disclosure.table import PublishedTable


@dataclass(frozen=True)
class Measure:
    """One indicator's numbers: of the districts, of the city, and of the hexagons' counts."""

    indicator: Indicator
    readings: Readings
    whole: CountedValue | None
    counts: Counts | None = None  # in the order of `Grid.cells`; None: no hexagons


@dataclass(frozen=True)
class Grid:
    """The hexagons that any measure has, and the districts that each touches."""

    zones: Sequence[str] = ()
    places: Sequence[Place] = ()


@dataclass(frozen=True)
class Pattern:
    """What is withheld: districts, `TOTAL` among them for the city, and hexagons by their zone."""

    districts: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """Counts of one measure, or their change since the last edition, at every level."""

    name: str
    districts: PublishedTable
    counts: Counts | None


@dataclass(frozen=True)
class Joint:
    """The system of a population: tables with common places, and what is withheld at once."""

    k: int
    tables: tuple[Table, ...]
    grid: Grid
    primary: Pattern = field(default_factory=Pattern)

    def solve(self, already: Pattern) -> Pattern:
        """Return what must be withheld, with what is withheld already."""
        districts = already.districts | self.primary.districts
        chosen = already.zones | self.primary.zones
        hidden: Mask = np.isin(np.array(self.grid.zones, dtype=np.str_), sorted(chosen))
        while True:
            found = protect([each.districts for each in self.tables], self.k, districts)
            before = int(hidden.sum())
            for table in self.tables:
                hidden, exposed = self._hide(table, found, hidden)
                found |= exposed
            if found == districts and int(hidden.sum()) == before:
                shown = frozenset(np.array(self.grid.zones, dtype=np.str_)[hidden].tolist())
                return Pattern(districts, chosen | shown)
            districts = found

    def _hide(self, table: Table, districts: frozenset[str], hidden: Mask) -> tuple[Mask, set[str]]:
        if table.counts is None:
            return hidden, set()
        totals = {
            key: count
            for key, count in table.districts.counts.items()
            if key not in (TOTAL, NOWHERE)
        }
        is_whole_shown = TOTAL not in districts
        hexes = HexTable(
            table.counts,
            self.grid.places,
            totals,
            self.k,
            districts - {TOTAL},
            is_whole_shown=is_whole_shown,
        )
        return hexes.hide(hidden)


def joint_of(measures: Sequence[Measure], grid: Grid, k: int) -> Joint:
    """Return the system of a population's measures."""
    tables: list[Table] = []
    hidden: set[str] = set()
    for each in measures:
        for table in tables_of(each.readings, each.indicator, each.whole):
            tables.append(Table(each.indicator.key, table, each.counts))
        hidden |= primary_places(each.readings, each.indicator)
        if each.whole is not None and has_small_count(each.whole, each.indicator):
            hidden.add(TOTAL)
    return Joint(k, tuple(tables), grid, Pattern(frozenset(hidden)))


def has_small_change(joint: Joint, last: Mapping[str, Mapping[str, float]], name: str) -> bool:
    """Return whether a count of a measure, anywhere, changed by 1 to k-1 since the last edition.

    Whoever has both editions has the changes, and one that small is a small count like another.
    """
    changes = [_change(joint, each, last[name]) for each in joint.tables if each.name == name]
    amounts = [
        np.concatenate(
            [list(each.districts.counts.values()), [] if each.counts is None else each.counts]
        )
        for each in changes
    ]
    return any(bool(((each > 0) & (each < joint.k)).any()) for each in amounts)


def with_changes(joint: Joint, last: Mapping[str, Mapping[str, float]]) -> Joint:
    """Add the changes since the last edition as tables of their own, protected like counts.

    Where counts fell the amount is what is protected.
    """
    changes = tuple(
        _change(joint, table, last[table.name]) for table in joint.tables if table.name in last
    )
    return Joint(joint.k, (*joint.tables, *changes), joint.grid, joint.primary)


def _change(joint: Joint, table: Table, last: Mapping[str, float]) -> Table:
    """Return the change of a table; its members add up to a total of their amounts."""
    members = {
        key: abs(count - last.get(key, 0.0))
        for key, count in table.districts.counts.items()
        if key not in (TOTAL, NOWHERE)
    }
    whole = table_with_total(members)
    if table.counts is None:
        return Table(table.name, whole, None)
    before = np.array([last.get(zone, 0.0) for zone in joint.grid.zones])
    return Table(table.name, whole, np.abs(table.counts - before))
