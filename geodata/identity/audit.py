"""The record of who did what, and of what was refused: written once, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Any

from sqlalchemy import Engine, RowMapping, insert, select

from geodata.clock import true_now
from geodata.errors import RequestError
from geodata.identity.caller import current_caller
from geodata.tables import audit_entry

PAGE_SIZE = 100
LAST_PAGE = 10_000
_LONGEST_TEXT = 300
_MOST_MEMBERS = 30


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"  # by a rule: a wrong password, a role that may not
    FAILED = "failed"  # it was allowed and did not work


@dataclass(frozen=True)
class AuditFilter:
    """What is asked of the record; None asks nothing of a column."""

    who: str | None = None
    act: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    """Entries, the newest first; `has_more` if an older page follows."""

    entries: list[RowMapping]
    has_more: bool


def write_audit(
    engine: Engine,
    act: str,
    subject: str = "",
    outcome: str = Outcome.DONE,
    detail: Mapping[str, Any] | None = None,
    client: str = "",
) -> None:
    """Write down what the current caller did; never a password, a token or the words of a call.

    What a visitor sent (a name tried at sign-in) may be any text: it is cut and kept printable.
    """
    caller = current_caller()
    row = {
        "at": true_now(),
        "who": caller.name,
        "role": str(caller.role),
        "act": _plain(act),
        "subject": _plain(subject),
        "outcome": str(Outcome(outcome)),
        "detail": _plain(dict(detail or {})),
        "client": _plain(client),
    }
    with engine.begin() as connection:
        connection.execute(insert(audit_entry).values(**row))


def read_audit(
    engine: Engine, asked: AuditFilter | None = None, page: int = 1, size: int = PAGE_SIZE
) -> AuditPage:
    """Return a page of the record, 1 being the newest.

    Raises:
        RequestError: there is no such page.
    """
    if not 1 <= page <= LAST_PAGE:
        raise RequestError(f"a page is 1 to {LAST_PAGE}")
    asked = asked or AuditFilter()
    a = audit_entry.c
    query = select(audit_entry).order_by(a.audit_id.desc())
    for name in ("who", "act", "outcome"):
        value = getattr(asked, name)
        if value is not None:
            query = query.where(a[name] == _plain(value))
    if asked.since is not None:
        query = query.where(a.at >= asked.since)
    if asked.until is not None:
        query = query.where(a.at < asked.until)
    with engine.connect() as connection:
        window = query.offset((page - 1) * size).limit(size + 1)
        rows = list(connection.execute(window).mappings())
    return AuditPage(rows[:size], len(rows) > size)


def _plain(value: Any) -> Any:
    """Return a value that JSON and the database take: printable texts, cut where they are long."""
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping):
        members = list(value.items())[:_MOST_MEMBERS]
        return {_plain(str(key)): _plain(each) for key, each in members}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in list(value)[:_MOST_MEMBERS]]
    text = str(value)
    kept = "".join(each if each.isprintable() else "\ufffd" for each in text[:_LONGEST_TEXT])
    return f"{kept}…" if len(text) > _LONGEST_TEXT else kept
