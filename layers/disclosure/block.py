"""Fixed spans of days for publication: they never overlap, so no two can be subtracted."""

from collections.abc import Sequence
from datetime import date, timedelta

from layers.period import Period

_FIRST = date(2024, 1, 1)  # a Monday


def last_complete_block(days: int, end: date) -> Period:
    """Return the newest span that is over at `end`; spans are laid end to end from one Monday."""
    count = (end - _FIRST).days // days
    first = _FIRST + timedelta(days=(count - 1) * days)
    return Period(first, first + timedelta(days=days))


def complete_blocks(days: int, steps: Sequence[Period], today: date) -> list[Period]:
    """Return the spans that are over, from the one of the first step to that of the last."""
    if not steps:
        return []
    block = last_complete_block(days, min(steps[-1].end + timedelta(days=days - 1), today))
    found = []
    while block.end > steps[0].first:
        found.append(block)
        block = block.previous
    return found[::-1]
