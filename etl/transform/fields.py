"""One target column: maps the file's text to a typed value or a fault."""

import re

import polars as pl

from etl.source.declaration import SourceDeclaration
from etl.source.mapping import FieldMapping
from etl.source.record_types import PLACE_CODE, Kind
from etl.transform.numbers import PLAIN, Signs, parse_number
from etl.transform.times import parse_clock, parse_date

_TRUE = ["true", "t", "1", "1.0", "yes", "y", "是", "有"]
_FALSE = ["false", "f", "0", "0.0", "no", "n", "否", "无"]
_READABLE_AS: dict[Kind, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "time": "a time in the declared format and zone",
    "date": "a date in the declared format",
}


def cleaned(column: str, null_values: list[str]) -> pl.Expr:
    """Return a column's text without blanks around it; null where it is empty or a null value."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    empty = text.is_in(["", *null_values])
    return pl.when(empty).then(None).otherwise(text)


def read_source(field: FieldMapping, columns: list[str]) -> pl.Expr:
    """Return the text that a mapping refers to; null where the row does not have it."""
    if field.const is not None:
        return pl.lit(field.const, pl.String)
    if field.template is not None:
        return _fill_template(field, columns)
    present = [name for name in field.source if name in columns]
    if not present:
        return pl.lit(None, pl.String)
    return pl.coalesce([cleaned(name, field.null_values) for name in present])


def _fill_template(field: FieldMapping, columns: list[str]) -> pl.Expr:
    pieces: list[pl.Expr] = []
    for literal, name in re.findall(r"([^{]*)(?:\{([^}]*)\})?", field.template or ""):
        if literal:
            pieces.append(pl.lit(literal))
        if name:
            known = name in columns
            pieces.append(cleaned(name, field.null_values) if known else pl.lit(None, pl.String))
    return pl.concat_str(pieces)


def describe(target: str, field: FieldMapping) -> str:
    """Return the name under which a fault of this column is reported: the file's own, if any."""
    return "/".join(field.source) or field.template or target


def labels_of(declaration: SourceDeclaration) -> dict[str, str]:
    """Return what the file calls each target column; a district may come from a code's place."""
    labels = {name: describe(name, field) for name, field in declaration.mapping.items()}
    coded = {"district_id": labels[PLACE_CODE]} if PLACE_CODE in labels else {}
    return coded | labels


def read_value(field: FieldMapping, columns: list[str]) -> tuple[pl.Expr, pl.Expr]:
    """Return (text, reason): the decoded text, and why a row's text could not be decoded."""
    text, is_unmatched = _extract(field, read_source(field, columns))
    value, is_unlisted = _decode(field, text)
    reason = (
        pl.when(is_unmatched)
        .then(pl.lit("does not have the declared pattern"))
        .when(is_unlisted)
        .then(pl.lit("is not among the declared codes"))
    )
    return value, reason


def unreadable(kind: Kind) -> str:
    """Return the reason given for text that is not of its column's kind."""
    return f"is not {_READABLE_AS.get(kind, 'text')}"


def _extract(field: FieldMapping, raw: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    if field.pattern is None:
        return raw, pl.lit(False)
    found = raw.str.extract(field.pattern, 1).str.strip_chars()
    return found, raw.is_not_null() & found.is_null()


def _decode(field: FieldMapping, text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    if field.codes is None:
        return text, pl.lit(False)
    listed = text.is_in(list(field.codes))
    decoded = text.replace_strict(field.codes, default=None, return_dtype=pl.String)
    if field.default is not None:
        return pl.when(text.is_null() | listed).then(decoded).otherwise(pl.lit(field.default)), (
            pl.lit(False)
        )
    if field.unlisted == "keep":
        return pl.when(listed).then(decoded).otherwise(text), pl.lit(False)
    if field.unlisted == "blank":
        return decoded, pl.lit(False)
    return decoded, text.is_not_null() & ~listed


def convert(
    field: FieldMapping, kind: Kind, text: pl.Expr, zone: str, signs: Signs = PLAIN
) -> pl.Expr:
    """Return the typed value of a text, null where it cannot be read."""
    if kind == "time":
        return parse_clock(text, field.format, field.zone or zone, end=field.end)
    if kind == "date":
        return parse_date(text, field.format, end=field.end)
    if kind == "bool":
        codes = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
        return text.str.to_lowercase().replace_strict(codes, default=None, return_dtype=pl.Boolean)
    if kind in ("int", "float"):
        return parse_number(text, is_whole=kind == "int", scale=field.scale, signs=signs)
    return text
