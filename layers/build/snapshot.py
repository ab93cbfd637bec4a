"""What a build starts from: unseen loads, changed coverage, the first step of a snapshot."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, or_, select, text

from geodata.city.configuration import City
from geodata.tables import source_coverage
from layers.build.counted_loads import first_event
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import DeclarativeMeasure, FunctionMeasure
from layers.period import Period

_NO_MATTER = datetime(1970, 1, 1, tzinfo=UTC)  # every record has its own time


def read_snapshot(connection: Connection) -> str:
    """Return the snapshot of the current transaction as PostgreSQL writes it, with the server's id.

    Transaction numbers mean nothing on another server, for example after the database was
    restored from a dump; the id tells them apart.
    """
    server = "SELECT system_identifier || ' ' || pg_current_snapshot() FROM pg_control_system()"
    return str(connection.execute(text(server)).scalar_one())


def read_unseen_loads(connection: Connection, seen: str | None, sees: str) -> list[int] | None:
    """Return the loads that a snapshot did not see, ascending; None if it is another server's.

    `sees` is the transaction's own snapshot.
    """
    server, _, snapshot = (seen or "").partition(" ")
    if server != sees.partition(" ")[0]:
        return None
    # transactions below the snapshot's lowest had all ended: the index skips them
    unseen = text(
        "SELECT load_id FROM load WHERE status = 'loaded' "
        "AND xact_id >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::bigint "
        "AND NOT pg_visible_in_snapshot(xact_id::text::xid8, CAST(:seen AS pg_snapshot)) "
        "ORDER BY load_id"
    )
    return list(connection.execute(unseen, {"seen": snapshot}).scalars())


def changes_coverage(connection: Connection, indicator: Indicator, loads: Sequence[int]) -> bool:
    """Return whether the loads added or retired coverage of the indicator's tables."""
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
    sources: Collection[str],
) -> datetime:
    """Return the begin of the step from which records without a time count.

    That is the step of the earliest day that their sources declare to cover, or of the earliest
    load where none declares any. Read only if the measure may have such records.
    """
    if not isinstance(measure, FunctionMeasure) and measure.time is not None:
        return _NO_MATTER
    table = measure.table
    declared = connection.execute(
        select(func.min(source_coverage.c.starts_at)).where(
            source_coverage.c.table_name == table,
            source_coverage.c.source.in_(sources),
            source_coverage.c.retired_by.is_(None),
        )
    ).scalar_one()
    moment: datetime = declared or first_event(connection, indicator, table)
    day = moment.astimezone(city.zone).date()
    return Period.containing(day, indicator.grain).start_at(city.timezone).astimezone(UTC)
