"""Exports the records of a table as day partitions, for a cluster to aggregate."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, Connection, func, select

from etl.source.record_types import RECORD_TYPES, RecordType
from etl.telemetry.load import partition_schema
from geodata.database.partitions import Partition, PartitionStore
from geodata.errors import NotFoundError


def export_partitions(
    connection: Connection, store: PartitionStore, table: str, timezone: str
) -> Iterator[tuple[Partition, int]]:
    """Write the current records of a table, and yield each partition with its rows.

    Raises:
        NotFoundError: there is no such table of records that have a time.
    """
    record_type = RECORD_TYPES.get(table)
    if record_type is None or record_type.event_time is None or not record_type.has_table:
        raise NotFoundError(f"no table '{table}' of records with a time")
    c = record_type.table.c
    day = func.date(func.timezone(timezone, c[record_type.event_time]))
    days = (
        select(c.source, day.label("day"))
        .where(c.retired_by.is_(None), c[record_type.event_time].is_not(None))
        .distinct()
        .order_by("day", c.source)
    )
    for source, on in connection.execute(days).all():
        records = _read_day(connection, record_type, source, on, timezone)
        partition = Partition(table, on, source)
        store.write(partition, records.sort(record_type.event_time, *record_type.key))
        yield partition, records.height


def _read_day(
    connection: Connection, record_type: RecordType, source: str, on: date, timezone: str
) -> pl.DataFrame:
    c = record_type.table.c
    schema = partition_schema(record_type)
    columns: list[ColumnElement[Any]] = [c[name] for name in schema if name in c]
    if record_type.is_placed:
        columns += [func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat")]
    begin, end = (
        datetime.combine(day, time(), ZoneInfo(timezone)) for day in (on, on + timedelta(days=1))
    )
    happened_at = c[str(record_type.event_time)]
    statement = select(*columns).where(
        c.source == source, c.retired_by.is_(None), happened_at >= begin, happened_at < end
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    names = [name for name in schema if name in c] + (
        ["lon", "lat"] if record_type.is_placed else []
    )
    return pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row").select(
        list(schema)
    )
