"""The stage `load` of telemetry: stores records in the partitions of their local days."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from etl.batch import Batch, X, Y
from etl.load.former import FormerLoad
from etl.load.records import Changes
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import RecordType
from geodata.database.partitions import Partition, PartitionStore

_DAY = "@day"
_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(), "int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"), "date": pl.Date(), "json": pl.String(),
}  # fmt: skip


def load_partitions(
    store: PartitionStore,
    batch: Batch,
    declaration: SourceDeclaration,
    load_id: int,
    timezone: str,
    former: Sequence[FormerLoad] = (),
) -> tuple[Batch, Changes]:
    """Write the records to the partition of the local day they happened on.

    A record replaces one with the same key, so a file loaded again, also after an interrupted load,
    leaves one of each. Rows are in the order of time and key: equal records give equal files. What
    `former` loads made of the same file by another declaration goes.
    """
    record_type = declaration.record_type
    time = str(record_type.event_time)
    rows_in = batch.frame.height
    records = _records(batch.frame, record_type, declaration.key, load_id)
    local = pl.col(time).dt.convert_time_zone(timezone).dt.date()
    days = records.with_columns(local.alias(_DAY)).partition_by(_DAY, as_dict=True)
    gone = sum(_remove_former(store, declaration, each, timezone) for each in former)
    replaced = 0
    for (day,), rows in sorted(days.items()):
        assert isinstance(day, date)  # noqa: S101
        partition = Partition(declaration.table, day, declaration.key)
        replaced += _merge(store, partition, rows.drop(_DAY), [time, *record_type.key])
    changes = Changes(rows_in - replaced, replaced, gone, 0)
    notes = {
        "took the place of an earlier record": replaced,
        "removed, made of this file by another declaration": gone,
        "days": len(days),
    }
    return batch.staged("load", rows_in, notes), changes


def partition_schema(record_type: RecordType) -> dict[str, pl.DataType]:
    """Return the columns of a kind's partitions: the table's own, with a point as lon and lat."""
    columns: dict[str, pl.DataType] = {
        "source": pl.String(), "load_id": pl.Int64(), "retired_by": pl.Int64(),
    }  # fmt: skip
    for name, kind in record_type.columns.items():
        if kind != "geometry":
            columns[name] = _TYPES[kind]
    return columns | ({"lon": pl.Float64(), "lat": pl.Float64()} if record_type.is_placed else {})


def _records(
    frame: pl.DataFrame, record_type: RecordType, source: str, load_id: int
) -> pl.DataFrame:
    schema = partition_schema(record_type)
    known = frame.drop("lon", "lat", strict=False).rename({X: "lon", Y: "lat"}, strict=False)
    known = known.with_columns(
        pl.lit(source).alias("source"), pl.lit(load_id, pl.Int64).alias("load_id")
    )
    absent = [pl.lit(None, kind).alias(n) for n, kind in schema.items() if n not in known.columns]
    return known.with_columns(absent).select(list(schema)).cast(pl.Schema(schema))


def _remove_former(
    store: PartitionStore, declaration: SourceDeclaration, former: FormerLoad, timezone: str
) -> int:
    """Remove the records of a load from the partitions of its days; return how many."""
    zone, removed = ZoneInfo(timezone), 0
    for partition in store.partitions(declaration.table, declaration.key):
        if not former.happened_on(partition.day, zone):
            continue
        before = store.read(partition)
        after = before.filter(pl.col("load_id") != former.load_id)
        removed += before.height - after.height
        if after.is_empty():
            store.remove(partition)
        elif after.height < before.height:
            store.write(partition, after)
    return removed


def _merge(
    store: PartitionStore, partition: Partition, rows: pl.DataFrame, order: list[str]
) -> int:
    """Merge the new rows into a day's partition; return how many old ones they replaced."""
    before = store.read(partition) if store.exists(partition) else rows.clear()
    together = pl.concat([before, rows]).unique(order, keep="last", maintain_order=True)
    store.write(partition, together.sort(order))
    return before.height + rows.height - together.height
