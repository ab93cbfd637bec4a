"""Finds which places' values must be suppressed in a table of places with their common total."""

from collections.abc import Collection, Mapping
from typing import Protocol

from layers.catalogue.indicator import Indicator
from layers.disclosure.audit import Equation
from layers.disclosure.rules import disclosive_counts, smallest_count
from layers.disclosure.table import Counts, PublishedTable, suppress

TOTAL = "total of all places"


class CountedValue(Protocol):
    """A value with the counts it is computed from."""

    @property
    def value(self) -> float | None:
        """Return the value."""

    @property
    def num(self) -> float | None:
        """Return the numerator."""

    @property
    def den(self) -> float | None:
        """Return the denominator."""

    @property
    def n(self) -> int | None:
        """Return the number of observations."""


def counts_of(reading: CountedValue, indicator: Indicator) -> dict[str, float]:
    """Return the counts that a value discloses: itself, numerator, denominator or n."""
    found = {name: getattr(reading, name) for name in disclosive_counts(indicator)}
    return {name: float(count) for name, count in found.items() if count is not None}


def has_small_count(reading: CountedValue, indicator: Indicator) -> bool:
    """Return whether a value discloses a count too small to publish."""
    limit = smallest_count(indicator)
    return limit is not None and any(
        0 < count < limit for count in counts_of(reading, indicator).values()
    )


def withheld_places(
    readings: Mapping[str, CountedValue], indicator: Indicator, already: Collection[str] = ()
) -> frozenset[str]:
    """Return the places whose values must be withheld beside the total of all of them.

    A rate is withheld for either of its counts, so each count's pattern starts from the other's.
    `already` was withheld in an earlier publication of the same period.
    """
    limit = smallest_count(indicator)
    if limit is None:
        return frozenset()
    columns = _columns(readings, indicator)
    hidden = frozenset(already) & frozenset(readings)
    while True:
        found = hidden
        for table in columns:
            known = found & table.counts.keys()
            found |= suppress(table, limit, known) - {TOTAL}
        if found == hidden:
            return hidden
        hidden = found


def _columns(readings: Mapping[str, CountedValue], indicator: Indicator) -> list[PublishedTable]:
    """Return one table a kind of count: every place that has it, and their total."""
    kinds: dict[str, dict[str, float]] = {}
    for key, reading in readings.items():
        for name, count in counts_of(reading, indicator).items():
            kinds.setdefault(name, {})[key] = count
    return [_with_total(counts) for counts in kinds.values()]


def _with_total(counts: Counts) -> PublishedTable:
    whole = {**counts, TOTAL: sum(counts.values())}
    return PublishedTable(whole, (Equation(TOTAL, tuple(counts)),))
