"""A published table: its counts and the equations between them that a reader knows.

A count is hidden because it is small (primary), because one equation would disclose another count
(complementary), or because all equations together would (the audit, `layers.disclosure.audit`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from layers.disclosure.audit import Equation, exposed

Counts = Mapping[str, float]


@dataclass(frozen=True)
class PublishedTable:
    """Every count of one product and period, totals included, and what adds up to what."""

    counts: Counts
    equations: tuple[Equation, ...]


def primary(counts: Counts, k: int, *, is_sensitive: bool = False) -> frozenset[str]:
    """Return the counts from 1 to k-1; of a sensitive class the zeros, too."""
    return frozenset(
        key for key, count in counts.items() if 0 < count < k or (is_sensitive and count == 0)
    )


def suppress(
    table: PublishedTable,
    k: int,
    hidden: Collection[str] = (),
    *,
    is_sensitive: bool = False,
) -> frozenset[str]:
    """Return all counts that must be hidden: the same table gives the same pattern, in any order.

    `hidden` is hidden already, for another count of the same value or by an earlier publication.
    """
    chosen = frozenset(hidden) | primary(table.counts, k, is_sensitive=is_sensitive)
    while True:
        chosen = complement(table, chosen)
        too_narrow = sorted(exposed(table.counts, table.equations, chosen, k))
        companion = next(
            filter(None, (_companion_of(table, key, chosen) for key in too_narrow)), None
        )
        if companion is None:
            return chosen
        chosen |= {companion}


def complement(table: PublishedTable, hidden: frozenset[str]) -> frozenset[str]:
    """Hide the smallest shown member of every equation with exactly one hidden number."""
    while True:
        alone = (each for each in table.equations if len(hidden.intersection(each.keys)) == 1)
        added = next(filter(None, (_smallest_open(table, [each], hidden) for each in alone)), None)
        if added is None:
            return hidden
        hidden |= {added}


def _companion_of(table: PublishedTable, key: str, hidden: frozenset[str]) -> str | None:
    """Return the count to hide with an exposed one, from its own equations if possible."""
    own = [each for each in table.equations if key in each.keys]
    return _smallest_open(table, own, hidden) or _smallest_open(table, table.equations, hidden)


def _smallest_open(
    table: PublishedTable, equations: Iterable[Equation], hidden: frozenset[str]
) -> str | None:
    """Return the smallest shown member above zero; else a total, else a zero."""
    used = list(equations)
    members = {key for each in used for key in each.members if key not in hidden}
    totals = {each.total for each in used if each.total not in hidden}
    above = {key for key in members if table.counts[key] > 0}
    for candidates in (above, totals, members):
        if candidates:
            return min(candidates, key=lambda key: (table.counts[key], key))
    return None
