"""Tells data that cannot be loaded from a database that is not there.

The one is refused, so that what comes after it is read; the other is tried again.
"""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Of PostgreSQL's classes of errors: wrong data, broken constraints, limits of the program; XX000 is
# what PostGIS says of a geometry that it cannot take.
_CLASSES, _CODES = frozenset({"22", "23", "54"}), frozenset({"XX000"})


def is_of_data(error: Exception) -> bool:
    """Tell whether an error of loading lies in the data, so that trying again is of no use."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return not error.connection_invalidated and (state[:2] in _CLASSES or state in _CODES)
    return not isinstance(error, SQLAlchemyError | OSError | MemoryError)
