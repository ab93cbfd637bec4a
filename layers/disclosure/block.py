"""Fixed spans of days: two publications never overlap, so none can be taken off another."""

from datetime import date, timedelta

from layers.period import Period

_FIRST = date(2024, 1, 1)  # a Monday


def last_complete_block(days: int, end: date) -> Period:
    """Return the newest of the spans, laid end to end from one Monday on, that is over at `end`."""
    count = (end - _FIRST).days // days
    first = _FIRST + timedelta(days=(count - 1) * days)
    return Period(first, first + timedelta(days=days))
