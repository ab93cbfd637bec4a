"""Tells days from clocks: a day read as an instant would stand at midnight, which nobody said."""

import polars as pl

from etl.source.mapping import FieldMapping
from etl.source.record_types import Kind, RecordType

CLOCKLESS = "@clockless"  # the column, by its name in the file, in which a row has a day alone
_DAY = r"^\s*\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?\s*$"
_CLOCKS = ("%H", "%I", "%k", "%l", "%T", "%R", "%X", "%c", "%s", "%+")


def takes_clock(name: str, field: FieldMapping, kind: Kind, record_type: RecordType) -> bool:
    """Return whether a column takes instants only.

    Days that are declared as such (`format: day`, or codes of a date alone) are meant, some columns
    may come either way, and one with `invalid: blank` is declared to be taken as it comes.
    """
    is_clock = kind == "time" and name in record_type.columns and field.invalid == "reject"
    return is_clock and name not in record_type.whole_days and not any(map(_of_days, field.format))


def is_day(text: pl.Expr) -> pl.Expr:
    """Return where a text is a day without a clock."""
    return text.str.contains(_DAY).fill_null(value=False)


def _of_days(format_: str) -> bool:
    return format_ == "day" or ("%" in format_ and not any(code in format_ for code in _CLOCKS))
