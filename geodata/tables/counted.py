"""Which calls count, said once: flags that keep a record out of the numbers.

A call that repeats one already taken is no event of its own; a test, a call withdrawn and help
given beyond the city's borders are no events of the city's at all.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, Table, and_
from sqlalchemy.sql.expression import Alias, false

_NO_CALL = ("is_test", "is_cancelled", "is_mutual_aid")
NOT_COUNTED = ("is_duplicate", *_NO_CALL)
NOT_SHOWN = ("is_duplicate", "is_test")  # lists also show what was cancelled, and aid
# The rules by the names that the catalogue calls them.
LEFT_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"counted_events": NOT_COUNTED, "counted_calls": _NO_CALL}
)


def is_current(table: Table | Alias, without: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a record is current and carries none of the flags."""
    return and_(table.c.retired_by.is_(None), *(table.c[flag] == false() for flag in without))
