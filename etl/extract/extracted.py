"""The result of reading a file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from etl.batch import REJECT_SCHEMA, ROW, WKB, Note, no_rejects
from etl.limits import Limits, check_table
from etl.source.file import SourceFile

TOO_DEEP = "is nested too deeply"
_LONGEST_NAME = 1000
EXACT = 2**53  # beyond it not every whole number is a floating-point one
RAW_REJECT_SCHEMA = REJECT_SCHEMA | {"raw": pl.String}


@dataclass(frozen=True)
class Extracted:
    """A file's rows as text with `@row` (and `@wkb`), and the rows that do not fit its shape.

    `rejects` may carry a column `raw`, because such rows are not in the frame. `notes` say what
    was guessed or chosen; `foreign` is why a row that holds `FOREIGN` is rejected.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)
    notes: tuple[Note, ...] = ()
    foreign: str = ""

    @property
    def rows_in(self) -> int:
        """Count the rows of the file."""
        return self.frame.height + self.rejects.height


def reject_rows(
    extracted: Extracted, where: pl.Expr, reason: str, field: str | None = None
) -> Extracted:
    """Move rows from the frame to the rejected ones, with their raw text."""
    gone = extracted.frame.filter(where)
    if gone.is_empty():
        return extracted
    faults = gone.select(
        ROW, pl.lit(field, pl.String).alias("field"), pl.lit(reason).alias("reason"),
        raw_text(gone.columns).alias("raw"),
    )  # fmt: skip
    rejects = pl.concat([extracted.rejects, faults], how="diagonal")
    frame = extracted.frame.filter(~where)
    return replace(extracted, frame=frame, rejects=rejects)


def raw_text(columns: Iterable[str]) -> pl.Expr:
    """Return a row as JSON text, null where the file has no column but its geometry."""
    shown = [name for name in columns if not name.startswith("@")]
    return pl.struct(shown).struct.json_encode() if shown else pl.lit(None, pl.String)


def text_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return typed columns as the text that a CSV file would hold; nested ones and bytes as none.

    Whole numbers that come as floating-point ones because of gaps are whole again: 12.0 is no
    identifier.
    """
    return frame.select(_text(frame[name]).alias(name) for name in frame.columns)


def _text(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("iso:strict")
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    if dtype.is_nested() or dtype == pl.Binary:
        return pl.Series(column.name, [None] * len(column), dtype=pl.String)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_exact = (column.abs() < EXACT) & (whole.cast(pl.Float64) == column)
        column = whole if is_exact.all() else column
    return column.cast(pl.String)


class Number(float):
    """A number with its text: digits of an identifier are lost in a float."""

    text: str

    def __new__(cls, text: str) -> "Number":
        """Keep the text that the number was read from."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def as_text(value: object) -> str | None:
    """Return a JSON value as the text that a CSV file would hold."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def flatten(record: Mapping[str, Any], depth: int, prefix: str = "") -> dict[str, str | None]:
    """Return nested objects as one level of text with dotted names.

    Raises:
        RecursionError: they are nested deeper than that.
    """
    if depth <= 0 or len(prefix) > _LONGEST_NAME:
        raise RecursionError(TOO_DEEP)
    flat: dict[str, str | None] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat |= flatten(value, depth - 1, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = as_text(value)
    return flat


def frame_of(
    file: SourceFile,
    limits: Limits,
    records: Iterable[Mapping[str, str | None]],
    rows: Iterable[int],
    wkb: list[bytes | None] | None = None,
) -> pl.DataFrame:
    """Build the frame from records whose keys may differ.

    Raises:
        LimitError: each has keys of its own, or there are too many.
    """
    listed = list(records)
    names = dict.fromkeys(name for record in listed for name in record)
    check_table(file, len(listed), len(names), limits)
    columns: dict[str, pl.Series] = {ROW: pl.Series(ROW, list(rows), dtype=pl.Int64)}
    for name in names:
        columns[name] = pl.Series(name, [record.get(name) for record in listed], dtype=pl.String)
    if wkb is not None:
        columns[WKB] = pl.Series(WKB, wkb, dtype=pl.Binary)
    return pl.DataFrame(columns)
