"""The result of reading a file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from etl.batch import ROW, WKB, no_rejects


@dataclass(frozen=True)
class Extracted:
    """A file's rows as text with `@row` (and `@wkb`), and the rows that do not fit its shape.

    `rejects` may carry a column `raw`, because such rows are not in the frame.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)

    @property
    def rows_in(self) -> int:
        """Count the rows of the file."""
        return self.frame.height + self.rejects.height


def as_text(value: object) -> str | None:
    """Return a JSON value as the text that a CSV file would hold."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, str | None]:
    """Return nested objects as one level of text with dotted names."""
    flat: dict[str, str | None] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = as_text(value)
    return flat


def frame_of(
    records: Iterable[Mapping[str, str | None]], rows: Iterable[int], wkb: list[bytes | None] | None
) -> pl.DataFrame:
    """Build the frame from records whose keys may differ."""
    listed = list(records)
    names = dict.fromkeys(name for record in listed for name in record)
    columns: dict[str, pl.Series] = {ROW: pl.Series(ROW, list(rows), dtype=pl.Int64)}
    for name in names:
        columns[name] = pl.Series(name, [record.get(name) for record in listed], dtype=pl.String)
    if wkb is not None:
        columns[WKB] = pl.Series(WKB, wkb, dtype=pl.Binary)
    return pl.DataFrame(columns)
