"""Finds which places' values must be suppressed in a table of places with their common total."""

from collections.abc import Collection, Iterable, Mapping

from layers.catalogue.indicator import Indicator
from layers.disclosure.audit import HAIR, Equation
from layers.disclosure.public_value import CountedValue, public_value
from layers.disclosure.rules import disclosive_counts, is_sensitive, smallest_count
from layers.disclosure.shares import NOTHING, Beside
from layers.disclosure.table import Counts, PublishedTable, suppress

TOTAL = "total of all places"
NOWHERE = "in no place"  # the total less the places: counted like a place, never published

Readings = Mapping[str, CountedValue]


def counts_of(reading: CountedValue, indicator: Indicator) -> dict[str, float]:
    """Return the counts that a value discloses: itself, numerator, denominator or n."""
    found = {name: _count(reading, name) for name in disclosive_counts(indicator)}
    return {name: float(count) for name, count in found.items() if count is not None}


def has_small_count(reading: CountedValue, indicator: Indicator, beside: Beside = NOTHING) -> bool:
    """Return whether a value may not be published for its own counts."""
    if smallest_count(indicator) is None or reading.value is None:
        return False
    is_zero = not any(counts_of(reading, indicator).values())
    return (is_zero and is_sensitive(indicator)) or public_value(reading, indicator, beside) is None


def withheld_of_table(
    readings: Readings,
    indicator: Indicator,
    already: Collection[str] = (),
    whole: CountedValue | None = None,
) -> frozenset[str]:
    """Return what must be withheld of places and total: place keys, and `TOTAL` for the total.

    A rate is withheld for either of its counts, so each count's pattern starts from the other's.
    `already` was withheld in an earlier publication of the same period; `whole` is the published
    total, without it the places' own sum.
    """
    k = smallest_count(indicator)
    if k is None:
        return frozenset()
    hidden = (frozenset(already) & {*readings, TOTAL}) | primary_places(readings, indicator)
    if whole is not None and has_small_count(whole, indicator):
        hidden |= {TOTAL}
    return protect(tables_of(readings, indicator, whole), k, hidden)


def primary_places(readings: Readings, indicator: Indicator) -> frozenset[str]:
    """Return the places whose values may not be published for their own counts."""
    return frozenset(key for key, each in readings.items() if has_small_count(each, indicator))


def protect(tables: Iterable[PublishedTable], k: int, hidden: frozenset[str]) -> frozenset[str]:
    """Return what must be hidden in all tables alike, so that none of them discloses a count.

    Tables of the same places (numerators beside denominators, calls beside events) have one
    pattern: what one hides the others hide.
    """
    every = list(tables)
    while True:
        found = hidden
        for table in every:
            known = found & table.counts.keys()
            found |= suppress(table, k, known) - {NOWHERE}
        if found == hidden:
            return hidden
        hidden = found


def tables_of(
    readings: Readings, indicator: Indicator, whole: CountedValue | None = None
) -> list[PublishedTable]:
    """Return one table a kind of count: every place that has it, and their total."""
    kinds: dict[str, dict[str, float]] = {}
    for key, reading in readings.items():
        for name, count in counts_of(reading, indicator).items():
            kinds.setdefault(name, {})[key] = count
    totals = counts_of(whole, indicator) if whole is not None else {}
    return [
        table_with_total(counts, totals.get(name))
        for name, counts in kinds.items()
        if min(counts.values()) >= 0  # a ratio above 1 leaves no remainder
    ]


def table_with_total(counts: Counts, total: float | None = None) -> PublishedTable:
    """Return places beside their total; what the total has beyond them lies nowhere."""
    placed = sum(counts.values())
    whole = max(placed if total is None else total, placed)
    nowhere = {NOWHERE: whole - placed} if whole - placed > HAIR else {}
    members = {**counts, **nowhere}
    return PublishedTable({**members, TOTAL: whole}, (Equation(TOTAL, tuple(members)),))


def _count(reading: CountedValue, name: str) -> float | None:
    if name != "diff":
        count: float | None = getattr(reading, name)
        return count
    if reading.num is None or reading.den is None:
        return None
    return reading.den - reading.num
