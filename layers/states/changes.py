"""Which steps later builds changed, so that what rests on the others may stay as it is."""

import re
from datetime import datetime

from sqlalchemy import Connection, or_, select, true

from geodata.tables import state_change
from layers.catalogue.indicator import Indicator

_BUILDS = re.compile(r"(\d+)(?:-(\d+))?(?![\d-])")


def builds_in(version: str) -> tuple[int, ...]:
    """Return the builds that a version of the present names: the indicator's, its denominator's."""
    found = _BUILDS.match(version)
    return tuple(int(each) for each in found.groups() if each) if found else ()


def has_changed(
    connection: Connection,
    indicator: Indicator,
    since: str,
    until: str,
    span: tuple[datetime, datetime],
) -> bool:
    """Return whether the values of a span may differ between two versions.

    A stock, and a denominator, stay valid until the next one: an earlier step counts, too.
    """
    before, after = builds_in(since), builds_in(until)
    if len(before) != len(after) or not before:
        return True
    start_at, end_at = span
    own_from = None if indicator.stock else start_at
    changed = _has_change(connection, indicator.key, before[0], own_from, end_at)
    if changed or indicator.stock_below is None or len(before) == 1:
        return changed
    return _has_change(connection, indicator.stock_below, before[1], None, end_at)


def _has_change(
    connection: Connection, key: str, since: int, start_at: datetime | None, end_at: datetime
) -> bool:
    c = state_change.c
    within = c.changed_from < end_at
    if start_at is not None:
        within &= c.changed_to >= start_at
    unplaced = (c.rows_removed > 0) & c.changed_from.is_(None)
    found = (
        select(true())
        .select_from(state_change)
        .where(c.indicator == key, c.build_id > since, or_(within, unplaced))
        .limit(1)
    )
    return connection.execute(found).first() is not None
