"""Which records count, said once: flags that keep a record out of the numbers.

A call that repeats one already taken is no event of its own; a test, a call withdrawn and help
given beyond the city's borders are no events of the city's at all.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Table, and_, false
from sqlalchemy.sql.expression import Alias

NO_CALL = ("is_test", "is_cancelled", "is_mutual_aid")
NOT_COUNTED = ("is_duplicate", *NO_CALL)  # METHODS: events, each once
NOT_SHOWN = ("is_duplicate", "is_test")  # lists also show what was cancelled or is aid


def is_current_without(table: Table | Alias, flags: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a record is current and carries none of the flags."""
    return and_(table.c.retired_by.is_(None), *(table.c[flag] == false() for flag in flags))


def counts(table: Table | Alias) -> ColumnElement[bool]:
    """Return whether a record is current and an event that counts."""
    return is_current_without(table, NOT_COUNTED)
