"""The stage `transform`: mapping, grouping, and the default values of a record."""

from dataclasses import replace
from itertools import pairwise

import polars as pl

from etl.batch import MEMBER, ROW, WKB, Batch, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import ATTRIBUTES, RecordType
from etl.transform.clocks import CLOCKLESS, is_day, takes_clock
from etl.transform.fields import convert, describe, labels_of, read_value, unreadable
from etl.transform.grouping import group_rows
from etl.transform.numbers import Signs
from etl.transform.unpivot import unpivot

_TEXT, FAULT = "@text:", "@fault:"


def transform(batch: Batch, declaration: SourceDeclaration, zone: str) -> Batch:
    """Return typed records named as the target's columns, with `lon`, `lat` and `@wkb` as given.

    `zone` is that of clocks without an offset; `@clockless` names the column in which a row has a
    day where it needs a clock. A value that cannot be read rejects its row, unless
    its mapping says `invalid: blank`.
    """
    rows_in = batch.frame.height
    before = batch.rejects.height
    batch = unpivot(replace(batch, labels=labels_of(declaration)), declaration.unpivot)
    batch, blanked = _map_fields(batch, declaration, zone)
    batch = _require(batch, declaration)
    # before rows are merged: what stands for another column is of its own row
    batch = replace(batch, frame=_copy(batch.frame, declaration.record_type))
    grouped = group_rows(batch, declaration.group_by)
    notes = count_reasons(grouped.rejects.slice(before)) | blanked
    if declaration.group_by:
        notes["rows merged into their group"] = grouped.members[MEMBER].n_unique()
    return _complete(grouped, declaration).staged("transform", rows_in, notes)


def _map_fields(
    batch: Batch, declaration: SourceDeclaration, zone: str
) -> tuple[Batch, dict[str, int]]:
    typed = type_fields(batch.frame, declaration, zone)
    blank = {name for name, field in declaration.mapping.items() if field.invalid == "blank"}
    faults: list[pl.Expr] = [
        pl.when(pl.col(f"{FAULT}{name}").is_not_null()).then(
            pl.struct(pl.lit(label).alias("field"), pl.col(f"{FAULT}{name}").alias("reason"))
        )
        for name, label in ((name, batch.label(name)) for name in declaration.mapping)
        if name not in blank
    ]
    faulty = typed.select(ROW, pl.coalesce(faults or [pl.lit(None)]).alias("@first"))
    faulty = faulty.filter(pl.col("@first").is_not_null())
    rejects = faulty.unnest("@first") if faulty.height else faulty
    counts = {
        f"{batch.label(name)} unreadable, left blank": typed[f"{FAULT}{name}"].count()
        for name in blank
    }
    frame = typed.select(pl.exclude(f"^{FAULT}.*$"))
    return replace(batch, frame=frame).reject(rejects), counts


def type_fields(frame: pl.DataFrame, declaration: SourceDeclaration, zone: str) -> pl.DataFrame:
    """Return the typed targets, each with the reason why its text could not be read."""
    record_type = declaration.record_type
    signs = Signs(declaration.decimal, declaration.thousands, declaration.reading.is_typed)
    keep = [name for name in (ROW, WKB) if name in frame.columns]
    texts: list[pl.Expr] = []
    values: list[pl.Expr] = []
    reasons: list[pl.Expr] = []
    clockless: list[pl.Expr] = []
    for name, field in declaration.mapping.items():
        kind = field.type or record_type.kind(name)
        if not field.format:
            field = field.model_copy(update={"format": [declaration.reading.times]})
        text, reason = read_value(field, frame.columns)
        given, fault = pl.col(f"{_TEXT}{name}"), pl.col(f"{FAULT}{name}")
        texts += [text.alias(f"{_TEXT}{name}"), reason.alias(f"{FAULT}{name}")]
        values.append(convert(field, kind, given, zone, signs).alias(name))
        if takes_clock(name, field, kind, record_type):
            clockless.append(pl.when(is_day(given)).then(pl.lit(describe(name, field))))
        is_unreadable = given.is_not_null() & pl.col(name).is_null()
        lost = pl.when(is_unreadable).then(pl.lit(unreadable(kind)))
        reasons.append(pl.coalesce(fault, lost).alias(f"{FAULT}{name}"))
    read = frame.select(*keep, *texts) if keep else frame.select(texts)
    typed = read.with_columns(values).with_columns(reasons)
    typed = typed.with_columns(pl.coalesce(clockless).alias(CLOCKLESS)) if clockless else typed
    return typed.select(pl.exclude(f"^{_TEXT}.*$"))


def _require(batch: Batch, declaration: SourceDeclaration) -> Batch:
    for name in declaration.record_type.required:
        missing = batch.frame.filter(pl.col(name).is_null()).select(
            ROW, pl.lit(batch.label(name)).alias("field"), pl.lit("is missing").alias("reason")
        )
        batch = batch.reject(missing)
    return batch


def _complete(batch: Batch, declaration: SourceDeclaration) -> Batch:
    """Add the columns the mapping leaves out, and pack attributes into one."""
    record_type = declaration.record_type
    frame = batch.frame
    if "attributes" in record_type.columns:
        packed = [name for name in frame.columns if name.startswith(ATTRIBUTES)]
        renamed = [pl.col(name).alias(name.removeprefix(ATTRIBUTES)) for name in packed]
        json = pl.struct(renamed).struct.json_encode() if renamed else pl.lit("{}")
        frame = frame.with_columns(json.alias("attributes")).drop(packed)
    frame = _mark_batch_keyed(frame, record_type)
    for name, default in record_type.defaults.items():
        value = pl.col(name).fill_null(default) if name in frame.columns else pl.lit(default)
        frame = frame.with_columns(value.alias(name))
    return replace(batch, frame=frame)


def _copy(frame: pl.DataFrame, record_type: RecordType) -> pl.DataFrame:
    """Fill columns that say nothing from those that then stand for them, and tell which were."""
    for name, other in record_type.copied.items():
        if other not in frame.columns:
            continue
        own = pl.col(name) if name in frame.columns else pl.lit(None)
        added = [pl.coalesce(own, other).alias(name)]
        if name in record_type.told:
            added.append(own.is_not_null().alias(record_type.told[name]))
        frame = frame.with_columns(added)
    return frame


def _mark_batch_keyed(frame: pl.DataFrame, record_type: RecordType) -> pl.DataFrame:
    """Flag records of which two clocks in a row are equal: keyed in together afterwards."""
    clocks = [name for name in record_type.clocks if name in frame.columns]
    if "is_batch_keyed" in frame.columns or len(clocks) < 2:
        return frame
    equal = [pl.col(first) == pl.col(second) for first, second in pairwise(clocks)]
    return frame.with_columns(pl.any_horizontal(equal).fill_null(False).alias("is_batch_keyed"))
