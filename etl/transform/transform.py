"""The stage `transform`: mapping, grouping and the values a record has without being told."""

from dataclasses import replace
from itertools import pairwise

import polars as pl

from etl.declaration import SourceDeclaration
from etl.stages import MEMBER, ROW, WKB, Batch, count_reasons
from etl.targets import ATTRIBUTES, DEFAULTS, TARGETS
from etl.transform.fields import describe, read_field
from etl.transform.grouping import group_rows
from etl.transform.unpivot import unpivot

_CLOCKS = ("received_at", "answered_at", "notified_at", "enroute_at", "arrived_at")


def transform(batch: Batch, declaration: SourceDeclaration, zone: str) -> Batch:
    """Return typed records named as the target's columns, with `lon`, `lat` and `@wkb` as given.

    `zone` is that of clocks without an offset. A value that cannot be read rejects its row, unless
    its mapping says `invalid: blank`.
    """
    rows_in = batch.frame.height
    before = batch.rejects.height
    batch = unpivot(batch, declaration.unpivot)
    batch, blanked = _map_fields(batch, declaration, zone)
    batch = _require(batch, declaration)
    grouped = group_rows(batch, declaration.group_by)
    notes = count_reasons(grouped.rejects.slice(before)) | blanked
    if declaration.group_by:
        notes["rows merged into their group"] = grouped.members[MEMBER].n_unique()
    return _complete(grouped, declaration).staged("transform", rows_in, notes)


def _map_fields(
    batch: Batch, declaration: SourceDeclaration, zone: str
) -> tuple[Batch, dict[str, int]]:
    target = TARGETS[declaration.table]
    columns = batch.frame.columns
    values: list[pl.Expr] = []
    faults: list[pl.Expr] = []
    blanked: list[pl.Expr] = []
    for name, field in declaration.mapping.items():
        value, reason = read_field(field, field.type or target.kind(name), columns, zone)
        values.append(value.alias(name))
        label = describe(name, field)
        if field.invalid == "blank":
            blanked.append(reason.is_not_null().sum().alias(f"{label} unreadable, left blank"))
        else:
            faults.append(
                pl.when(reason.is_not_null()).then(
                    pl.struct(pl.lit(label).alias("field"), reason.alias("reason"))
                )
            )
    keep = [name for name in (ROW, WKB) if name in columns]
    first_fault = pl.coalesce(faults) if faults else pl.lit(None)
    mapped = batch.frame.select(*keep, *values, first_fault.alias("@fault"))
    counts = batch.frame.select(blanked).row(0, named=True) if blanked else {}
    faulty = mapped.filter(pl.col("@fault").is_not_null())
    rejects = faulty.select(ROW, "@fault").unnest("@fault") if faulty.height else faulty
    return replace(batch, frame=mapped.drop("@fault")).reject(rejects), counts


def _require(batch: Batch, declaration: SourceDeclaration) -> Batch:
    for name in TARGETS[declaration.table].required:
        label = describe(name, declaration.mapping[name])
        missing = batch.frame.filter(pl.col(name).is_null()).select(
            ROW, pl.lit(label).alias("field"), pl.lit("is missing").alias("reason")
        )
        batch = batch.reject(missing)
    return batch


def _complete(batch: Batch, declaration: SourceDeclaration) -> Batch:
    """Add the columns the mapping leaves out, and pack attributes into one."""
    target = TARGETS[declaration.table]
    frame = batch.frame
    if "attributes" in target.columns:
        packed = [name for name in frame.columns if name.startswith(ATTRIBUTES)]
        renamed = [pl.col(name).alias(name.removeprefix(ATTRIBUTES)) for name in packed]
        json = pl.struct(renamed).struct.json_encode() if renamed else pl.lit("{}")
        frame = frame.with_columns(json.alias("attributes")).drop(packed)
    if declaration.table == "incident":
        frame = _complete_incidents(frame)
    for name, default in DEFAULTS.items():
        if name in target.columns:
            value = pl.col(name).fill_null(default) if name in frame.columns else pl.lit(default)
            frame = frame.with_columns(value.alias(name))
    return replace(batch, frame=frame)


def _complete_incidents(frame: pl.DataFrame) -> pl.DataFrame:
    """Give each call an event of its own, and flag clocks keyed in together afterwards."""
    event = pl.col("event_id") if "event_id" in frame.columns else pl.lit(None, pl.String)
    frame = frame.with_columns(pl.coalesce(event, "record_id").alias("event_id"))
    clocks = [name for name in _CLOCKS if name in frame.columns]
    if "is_batch_keyed" in frame.columns or len(clocks) < 2:
        return frame
    equal = [pl.col(first) == pl.col(second) for first, second in pairwise(clocks)]
    return frame.with_columns(pl.any_horizontal(equal).fill_null(False).alias("is_batch_keyed"))
