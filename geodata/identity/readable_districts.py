"""Whose records the caller of the request being answered may read."""

from geodata.database.row_rights import WHOLE_CITY
from geodata.identity.caller import USERS, Caller, Role, current_caller

NOBODY: tuple[str, ...] = ()
_SEE_RECORDS = (*USERS, Role.WALL)


def districts_of(caller: Caller) -> tuple[str, ...]:
    """Return the districts whose records a caller may read; `WHOLE_CITY` for all of them.

    The public reads none, nor does a kiosk or a program: what they show is published.
    """
    if caller.role not in _SEE_RECORDS:
        return NOBODY
    return caller.districts or WHOLE_CITY


def readable_districts() -> tuple[str, ...]:
    """Return the districts whose records the current caller may read."""
    return districts_of(current_caller())


def scope_of_records() -> str:
    """Return what keeps apart the kept answers of callers who read other records.

    Empty for those who may read all of them.
    """
    districts = readable_districts()
    if districts == WHOLE_CITY:
        return ""
    return f"records {'+'.join(sorted(districts)) or 'none'}/"
