"""Fixed spans of days for publication: they never overlap, so no two can be subtracted."""

from datetime import date, timedelta

from layers.period import Period

_FIRST = date(2024, 1, 1)  # a Monday


def last_complete_block(days: int, end: date) -> Period:
    """Return the newest span that is over at `end`; spans are laid end to end from one Monday."""
    count = (end - _FIRST).days // days
    first = _FIRST + timedelta(days=(count - 1) * days)
    return Period(first, first + timedelta(days=days))
