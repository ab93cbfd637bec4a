"""Events out of records of calls: records that name one event are one, whoever sent them.

An event of several records is put together so that the order of loading does not matter:

- The records that count make it up: no repetition, no test; what was cancelled or was help given
  elsewhere only where all of it was.
- Its first call (earliest `received_at`, then source and record) gives channel, category, times of
  the call and everything else that is not named here.
- Its place is that of the first call that has one in the city, else that has one at all.
- The unit that arrived first (then: set out, was notified first) gives its own notice, departure
  and arrival; `notified_at` is the notice to the first unit of all.
- It is over when all of its records are, and an emergency if one of them is.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Subquery, column, text

from geodata.tables import NOT_OF_CITY, incident

_PLACE = ("original_lon", "original_lat", "datum", "geom", "cell", "district_id", "address")
_UNIT = ("unit_id", "unit_notified_at", "enroute_at", "arrived_at")
_WHOLE = {
    "notified_at": "min(notified_at)",
    "cleared_at": "CASE WHEN bool_and(cleared_at IS NOT NULL) THEN max(cleared_at) END",
    "closed_at": "CASE WHEN bool_and(closed_at IS NOT NULL) THEN max(closed_at) END",
    "is_emergency": "bool_or(is_emergency)",
}
_ELSEWHERE = ", ".join(f"'{name}'" for name in NOT_OF_CITY)
_FIRST = "received_at, source, record_id"


def event_query(
    columns: Sequence[str], when: str = "", calls: str = "incident", shared: str = "shared_event"
) -> str:
    """Return the query of the current events, with columns as those of the calls.

    It is plain SQL of both PostgreSQL and DuckDB.

    Args:
        columns: the columns, all of which the table of calls has.
        when: a clause on `received_at` that the wanted events meet; others are not put together.
        calls: the table of calls.
        shared: the table of the events that have several records.
    """
    parts = {
        **{name: f"a_place.{name}" for name in _PLACE},
        **{name: f"a_unit.{name}" for name in _UNIT},
        **{name: f"whole.{name}" for name in _WHOLE},
    }
    placed, united = (
        ", ".join(["event_id", *(each for each in names if each in columns)])
        for names in (_PLACE, _UNIT)
    )
    summed = ", ".join(["event_id", *(f"{how} AS {name}" for name, how in _WHOLE.items())])
    wanted = f"SELECT event_id FROM {shared}"  # noqa: S608
    if when:  # first the few calls of the span, then the others of their events by the index
        own = f"SELECT event_id FROM {calls} WHERE is_event_named AND ({when})"  # noqa: S608
        wanted = (
            f"SELECT DISTINCT o.event_id FROM ({own} OFFSET 0) o "  # noqa: S608
            f"JOIN {shared} s ON s.event_id = o.event_id"
        )
    counts = "retired_by IS NULL AND NOT is_duplicate AND NOT is_test"
    single = ", ".join(f"c.{name}" for name in columns)
    joined = ", ".join(f"{parts.get(name, f'a_call.{name}')} AS {name}" for name in columns)
    return f"""
        WITH wanted AS MATERIALIZED (
            {wanted}
        ), among AS (
            SELECT c.*, c.is_cancelled OR c.is_mutual_aid AS is_aside
            FROM wanted w JOIN {calls} c ON c.event_id = w.event_id
            WHERE {counts} AND is_event_named
        ), judged AS (
            SELECT *, bool_and(is_aside) OVER (PARTITION BY event_id) AS all_aside FROM among
        ), counted AS (
            SELECT * FROM judged WHERE is_aside = all_aside
        ), a_call AS (
            SELECT DISTINCT ON (event_id) * FROM counted ORDER BY event_id, {_FIRST}
        ), a_place AS (
            SELECT DISTINCT ON (event_id) {placed} FROM counted
            ORDER BY event_id, cell IS NULL OR district_id IN ({_ELSEWHERE}), cell IS NULL, {_FIRST}
        ), a_unit AS (
            SELECT DISTINCT ON (event_id) {united} FROM counted
            ORDER BY event_id, arrived_at NULLS LAST, enroute_at NULLS LAST,
                     unit_notified_at NULLS LAST, {_FIRST}
        ), whole AS (
            SELECT {summed} FROM counted GROUP BY event_id
        )
        SELECT {single} FROM {calls} c
        WHERE {counts} AND NOT EXISTS (
            SELECT 1 FROM {shared} s WHERE s.event_id = c.event_id AND c.is_event_named)
        UNION ALL
        SELECT {joined} FROM a_call JOIN a_place USING (event_id) JOIN a_unit USING (event_id)
        JOIN whole USING (event_id)
    """  # noqa: S608


def record_query(
    table: str, columns: Sequence[str], *, are_events: bool, when: str = "true"
) -> str:
    """Return the query of records whose time meets a clause, or of the events that they tell."""
    rows = table
    if are_events:
        rows = f"({event_query(columns, '' if when == 'true' else when)}) AS event"
    return f"SELECT * FROM {rows} WHERE {when}"  # noqa: S608


def current_events(span: tuple[datetime, datetime] | None = None) -> Subquery:
    """Return the current events, to be selected from like the table of calls.

    Of a span its first instant and the first after it; the caller's own clauses still decide.
    """
    columns = [column(each.name, each.type) for each in incident.columns]
    names = [each.name for each in columns]
    if span is None:
        return text(event_query(names)).columns(*columns).subquery("event")
    query = text(event_query(names, "received_at >= :event_since AND received_at < :event_until"))
    bound = query.bindparams(event_since=span[0], event_until=span[1])
    return bound.columns(*columns).subquery("event")
