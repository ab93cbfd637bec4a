"""The stage `check`: legal values, possible times, and one record for each key."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from etl.batch import COUNTS_INSTEAD, MEMBER, ROW, Batch, count_reasons
from etl.source.record_types import RecordType
from etl.transform.clocks import CLOCKLESS
from geodata.city.configuration import City

NO_CLOCK = "is a date without a clock"
FUTURE, TOO_EARLY = "lies in the future", "lies before the source's first day"
_BOOKKEEPING = (ROW, "@wkb")


def end_of_tomorrow(at: datetime) -> datetime:
    """Return the latest instant at which an event can have happened, seen from `at`, in its zone.

    Clocks of departments run ahead by minutes, and lists are made a day before; more is a wrong
    date.
    """
    end = datetime.combine(at.date() + timedelta(days=2), time(), at.tzinfo)
    return end - timedelta(microseconds=1)


def legal_in(city: City, record_type: RecordType) -> Mapping[str, Collection[str]]:
    """Return the values that a city allows in columns of a record type."""
    return {column: values_of(city) for column, values_of in record_type.declared_by_city.items()}


def check(
    batch: Batch,
    record_type: RecordType,
    not_after: datetime,
    legal: Mapping[str, Collection[str]],
    *,
    first_day: date | None = None,
    is_live: bool = False,
) -> Batch:
    """Reject what breaks a rule of the target table; merge identical repetitions.

    `not_after` is the latest instant at which an event can have happened, in the city's zone;
    `first_day` the first day, else that of the record type. In live data, earlier revisions that a
    later one of the same piece follows are merged into it: they are no faults.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    rules = [
        *_rules(batch, record_type, legal),
        *_times(batch.frame, record_type, not_after, first_day or record_type.first_day),
    ]
    for condition, field, reason in rules:
        faulty = batch.frame.filter(condition)
        batch = batch.reject(
            faulty.select(
                ROW, pl.lit(batch.label(field)).alias("field"), pl.lit(reason).alias("reason")
            )
        )
    batch = _reject_days(batch)
    merged = merge_repetitions(batch)
    notes = {"identical repetitions merged": merged.members.height - batch.members.height}
    latest = merge_revisions(merged, record_type) if is_live else merged
    notes["revisions that a later one followed at once"] = (
        latest.members.height - merged.members.height
    )
    batch = reject_conflicts(latest, record_type)
    return batch.staged("check", rows_in, notes | count_reasons(batch.rejects.slice(before)))


def _rules(
    batch: Batch,
    record_type: RecordType,
    legal: Mapping[str, Collection[str]],
) -> Iterator[tuple[pl.Expr, str, str]]:
    frame = batch.frame
    for name, (low, high) in record_type.ranges.items():
        if name in frame.columns:
            within = pl.col(name).is_between(low, high)
            yield ~within, name, f"is not between {_in_full(low)} and {_in_full(high)}"
    for name, values in {**record_type.allowed, **legal}.items():
        if name in frame.columns:
            listed = ", ".join(sorted(values)) or "those of the city, which has none"
            yield ~pl.col(name).is_in(values), name, f"is not one of {listed}"
    yield from _apart(batch, record_type)
    if "ends_at" in frame.columns:
        yield pl.col("ends_at") <= pl.col("starts_at"), "ends_at", "is not after the start"


def _times(
    frame: pl.DataFrame, record_type: RecordType, not_after: datetime, first_day: date
) -> Iterator[tuple[pl.Expr, str, str]]:
    """Yield the rules of when an event can have happened, by instant or by day."""
    event_time = record_type.event_time
    if event_time is None or event_time not in frame.columns:
        return
    kind = frame.schema[event_time]
    if kind == pl.Datetime("us", "UTC"):
        first_at = datetime.combine(first_day, time(), not_after.tzinfo).astimezone(UTC)
        yield pl.col(event_time) > not_after.astimezone(UTC), event_time, FUTURE
        yield pl.col(event_time) < first_at, event_time, TOO_EARLY
    elif kind == pl.Date:
        yield pl.col(event_time) > not_after.date(), event_time, FUTURE
        yield pl.col(event_time) < first_day, event_time, TOO_EARLY


def _reject_days(batch: Batch) -> Batch:
    """Reject rows that have a day where the table needs a clock."""
    if CLOCKLESS not in batch.frame.columns:
        return batch
    faulty = batch.frame.filter(pl.col(CLOCKLESS).is_not_null())
    batch = batch.reject(
        faulty.select(ROW, pl.col(CLOCKLESS).alias("field"), pl.lit(NO_CLOCK).alias("reason"))
    )
    return replace(batch, frame=batch.frame.drop(CLOCKLESS))


def _in_full(limit: float) -> str:
    """Return a limit as people read it: 1,000,000,000, not 1e+09."""
    return f"{limit:,.0f}" if float(limit).is_integer() else f"{limit:g}"


def _apart(batch: Batch, record_type: RecordType) -> Iterator[tuple[pl.Expr, str, str]]:
    """Yield the rules of times that lie near another."""
    for name, (other, early, late) in record_type.near.items():
        if name in batch.frame.columns:
            apart = pl.col(name) - pl.col(other)
            is_near = apart.is_between(-early, late)
            yield ~is_near, name, f"is hours from {batch.label(other)}"


def merge_repetitions(batch: Batch) -> Batch:
    """Keep one of records that are equal in every value; it carries the rows of the others."""
    frame = batch.frame
    values = [name for name in frame.columns if name not in _BOOKKEEPING]
    if frame.select(values).is_unique().all():
        return batch
    winner = frame.with_columns(pl.col(ROW).last().over(values).alias("@winner"))
    repeated = winner.filter(pl.col(ROW) != pl.col("@winner"))
    merged = repeated.select(pl.col("@winner").alias(ROW), pl.col(ROW).alias(MEMBER)).unique()
    kept = winner.filter(pl.col(ROW) == pl.col("@winner")).drop("@winner")
    return batch.merge(kept.unique(values, keep="last", maintain_order=True), merged)


def merge_revisions(batch: Batch, record_type: RecordType) -> Batch:
    """Keep the highest revision of a record; it carries the rows of the lower ones."""
    if "revision" not in batch.frame.columns:
        return batch
    key = [name for name in record_type.key if name in batch.frame.columns]
    highest = pl.col("revision").max().over(key)
    ranked = batch.frame.sort("revision", ROW).with_columns(
        pl.col(ROW).last().over(key).alias("@winner"), (pl.col("revision") < highest).alias("@old")
    )
    merged = ranked.filter("@old").select(pl.col("@winner").alias(ROW), pl.col(ROW).alias(MEMBER))
    if merged.is_empty():
        return batch
    return batch.merge(batch.frame.filter(~pl.col(ROW).is_in(merged[MEMBER].implode())), merged)


def reject_conflicts(batch: Batch, record_type: RecordType) -> Batch:
    """Of different records with one key the highest revision counts, then the last in the file."""
    key = [name for name in record_type.key if name in batch.frame.columns]
    order = ["revision", ROW] if "revision" in batch.frame.columns else [ROW]
    repeated = batch.frame.filter(pl.struct(key).is_duplicated())
    if repeated.is_empty():
        return batch
    ranked = repeated.sort(order).with_columns(pl.col(ROW).last().over(key).alias("@winner"))
    reason = pl.format(
        f"the same {{}} as row {{}}, {COUNTS_INSTEAD}", pl.lit(batch.label(*key)), "@winner"
    )
    losers = ranked.filter(pl.col(ROW) != pl.col("@winner")).select(
        ROW, pl.lit(batch.label(*key)).alias("field"), reason.alias("reason")
    )
    return replace(batch).reject(losers)
