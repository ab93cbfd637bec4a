"""Which calls count, said once: flags that keep a record out of the numbers.

A call that repeats one already taken is no event of its own; a test, a call withdrawn and help
given beyond the city's borders are no events of the city's at all.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, Subquery, Table, and_
from sqlalchemy.sql.expression import Alias, false

CALLS = "incident"  # the table of calls, of which several may tell of one event
REPEATS = "is_duplicate"  # what counts calls counts such a one too, what counts events does not
_NO_CALL = ("is_test", "is_cancelled", "is_mutual_aid")
NOT_COUNTED = (REPEATS, *_NO_CALL)
NOT_SHOWN = (REPEATS, "is_test")  # lists also show what was cancelled, and aid
# The rules by the names that the catalogue calls them.
LEFT_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"counted_events": NOT_COUNTED, "counted_calls": _NO_CALL}
)


def is_current(table: Table | Alias | Subquery, without: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a record is current and carries none of the flags."""
    return and_(table.c.retired_by.is_(None), *(table.c[flag] == false() for flag in without))
