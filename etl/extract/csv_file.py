"""Delimited text: a vectorised reader for regular files, a row-by-row one for all others."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from etl.batch import REJECT_SCHEMA, ROW
from etl.extract.encoding import read_text
from etl.extract.extracted import Extracted
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError

_DELIMITERS = ",;\t|"


def read_csv(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read a CSV file; `@row` is the line on which the row begins, the header being line 1.

    Raises:
        ExtractError: quotation marks do not match, or a field is longer than 128 kB.
    """
    text = read_text(path, declaration.encoding)
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise ExtractError(f"{path}: row {row}: a NUL byte; the file is damaged or not text")
    delimiter = declaration.delimiter
    if delimiter == "auto":
        delimiter = sniff_delimiter(text)
    if '"' not in text and is_even(text, delimiter):
        return Extracted(_read_plain(text, delimiter, declaration.header))
    return _read_careful(path, text, delimiter, declaration.header)


def sniff_delimiter(text: str) -> str:
    """Return the delimiter that occurs most in the first line."""
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def is_even(text: str, delimiter: str) -> bool:
    """Return whether no line is blank and all end alike with as many delimiters as the first."""
    if not text or not delimiter.isascii() or text.count("\r") not in (0, text.count("\r\n")):
        return False
    content = np.frombuffer(text.encode(), dtype=np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    if content[-1] != ord("\n"):
        ends = np.append(ends, content.size)
    if np.any(np.diff(ends) <= 2):
        return False
    delimiters = np.flatnonzero(content == ord(delimiter))
    counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
    return bool(counts[0] > 0 and np.all(counts == counts[0]))


def _read_plain(text: str, delimiter: str, header: list[str] | None) -> pl.DataFrame:
    frame = pl.read_csv(
        text.encode(),
        separator=delimiter,
        has_header=False,
        infer_schema=False,
        quote_char=None,
        empty_string_is_null=False,
    )
    names = header or list(frame.row(0))
    first = 1 if header else 2
    frame = frame.slice(first - 1)
    frame.columns = unique_names(names[: frame.width]) + frame.columns[len(names) :]
    return frame.with_columns(
        pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(ROW)
    ).select(ROW, pl.exclude(ROW))


def unique_names(names: list[str]) -> list[str]:
    """Return stripped names; a repeated one gets a number, a blank one its position."""
    seen: dict[str, int] = {}
    result = []
    for position, raw in enumerate(names, start=1):
        name = raw.strip().removeprefix("\ufeff") or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins; blank lines are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            if any(value.strip() for value in record):
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise ExtractError(
            f"{path}: row {line}: {error}; is a quotation mark left open there?"
        ) from None


def _read_careful(path: Path, text: str, delimiter: str, header: list[str] | None) -> Extracted:
    records = _records(path, text, delimiter)
    names = unique_names(header or next(records, (0, [""]))[1])
    rows: list[int] = []
    kept: list[list[str]] = []
    ragged: list[tuple[int, None, str, str]] = []
    for line, record in records:
        if len(record) == len(names):
            rows.append(line)
            kept.append(record)
            continue
        reason = f"{len(record)} fields where the header has {len(names)}"
        raw = json.dumps(dict(enumerate(record, start=1)), ensure_ascii=False)
        ragged.append((line, None, reason, raw))
    frame = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    rejects = pl.DataFrame(ragged, schema=REJECT_SCHEMA | {"raw": pl.String}, orient="row")
    return Extracted(frame.insert_column(0, pl.Series(ROW, rows, dtype=pl.Int64)), rejects)
