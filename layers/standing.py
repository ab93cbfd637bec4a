"""What the states of an indicator stand on: the loads counted, and those not counted yet."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, text

from geodata.city import City
from geodata.tables import load, source_coverage
from layers.condition import find_table, meets
from layers.declaration import Condition, DeclarativeMeasure, FunctionMeasure
from layers.indicator import Indicator
from layers.period import Period

_NO_MATTER = datetime(1970, 1, 1, tzinfo=UTC)  # every record has its own time
_ONE_BY_ONE = 64  # more loads are looked up together


def read_snapshot(connection: Connection) -> str:
    """Return which transactions this one sees, as PostgreSQL writes it; empty on another server.

    The server's identity is part of it: numbers of transactions mean nothing elsewhere, as after
    the database was restored from a dump.
    """
    server = "SELECT system_identifier || ' ' || pg_current_snapshot() FROM pg_control_system()"
    return str(connection.execute(text(server)).scalar_one())


def read_unseen_loads(connection: Connection, seen: str | None, sees: str) -> list[int] | None:
    """Return the loads that a snapshot did not see, ascending; None where it cannot be told.

    `sees` is the transaction's own snapshot.
    """
    server, _, snapshot = (seen or "").partition(" ")
    if server != sees.partition(" ")[0]:
        return None
    # numbers below the snapshot's lowest were all finished: the index leaves them out
    unseen = text(
        "SELECT load_id FROM ops.load WHERE status = 'loaded' "
        "AND xact_id >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::bigint "
        "AND NOT pg_visible_in_snapshot(xact_id::text::xid8, CAST(:seen AS pg_snapshot)) "
        "ORDER BY load_id"
    )
    return list(connection.execute(unseen, {"seen": snapshot}).scalars())


def read_loads(connection: Connection, indicator: Indicator) -> list[Row[Any]]:
    """Return the load rows whose current records the indicator counts."""
    numbers: set[int] = set()
    for table, where in _tables(indicator):
        # load by load: its first record decides, the millions behind it need not be read
        record = _current(table, where).where(find_table(table).c.load_id == load.c.load_id)
        there = record.limit(1).scalar_subquery().is_not(None)
        numbers |= set(connection.scalars(select(load.c.load_id).where(there)))
    return _load_rows(connection, numbers)


def read_loads_after(
    connection: Connection, indicator: Indicator, counted: Iterable[int], unseen: Sequence[int]
) -> list[Row[Any]]:
    """Return the same as `read_loads`, from the loads counted before and the new ones.

    Looked at again are the new loads and those that they took records from.
    """
    again = set(unseen)
    for table, _ in _tables(indicator):
        c = find_table(table).c
        again |= set(
            connection.scalars(select(c.load_id).where(c.retired_by.in_(unseen)).distinct())
        )
    numbers = set(counted) - again
    for table, where in _tables(indicator):
        numbers |= _still_counted(connection, table, where, again - numbers)
    return _load_rows(connection, numbers)


def _still_counted(
    connection: Connection, table: str, where: tuple[Condition, ...], loads: set[int]
) -> set[int]:
    current, load_id = _current(table, where), find_table(table).c.load_id
    if len(loads) > _ONE_BY_ONE:
        return set(connection.scalars(current.where(load_id.in_(loads)).distinct()))
    found: set[int] = set()
    for number in sorted(loads):  # the first record decides: the others need not be read
        found |= set(connection.scalars(current.where(load_id == number).limit(1)))
    return found


def _current(table: str, where: tuple[Condition, ...]) -> Select[tuple[int]]:
    """Return the query of the loads of the current records that meet the conditions."""
    records = find_table(table)
    return select(records.c.load_id).where(records.c.retired_by.is_(None), meets(records, where))


def _tables(indicator: Indicator) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    for measure in indicator.measures:
        yield measure.table, measure.where
        for name in getattr(measure, "also", ()):
            yield name, ()


def _load_rows(connection: Connection, numbers: set[int]) -> list[Row[Any]]:
    chosen = select(load).where(load.c.load_id.in_(numbers)).order_by(load.c.load_id)
    return list(connection.execute(chosen))


def changes_coverage(connection: Connection, indicator: Indicator, loads: Sequence[int]) -> bool:
    """Tell whether loads said anew where they looked, or took back that they did."""
    c = source_coverage.c
    found = select(c.coverage_id).where(
        c.table_name.in_(indicator.tables), or_(c.load_id.in_(loads), c.retired_by.in_(loads))
    )
    return connection.execute(found.limit(1)).first() is not None


def snapshot_begin(
    connection: Connection,
    city: City,
    indicator: Indicator,
    measure: DeclarativeMeasure | FunctionMeasure,
    loads: list[Row[Any]],
) -> datetime:
    """Return the begin of the step from which undated records count.

    That is the step of the earliest day their sources say they cover; where none says, that of the
    earliest load. It is asked for only where records may be undated.
    """
    if not isinstance(measure, FunctionMeasure) and measure.time is not None:
        return _NO_MATTER
    table = measure.table
    own = [row for row in loads if row.table_name == table] or loads
    declared = connection.execute(
        select(func.min(source_coverage.c.starts_at)).where(
            source_coverage.c.table_name == table,
            source_coverage.c.source.in_({row.source for row in own}),
            source_coverage.c.retired_by.is_(None),
        )
    ).scalar_one()
    moment: datetime = declared or min(row.event_from or row.finished_at for row in own)
    day = moment.astimezone(city.zone).date()
    return Period.containing(day, indicator.grain).start_at(city.timezone).astimezone(UTC)
