"""Delimited text: a vectorised reader for regular files, a row-by-row one for all others."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import polars as pl

from etl.batch import ROW, Note
from etl.extract.encoding import read_text
from etl.extract.extracted import RAW_REJECT_SCHEMA, Extracted
from etl.extract.row_format import RowFormat
from etl.limits import check_delimited
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

REPEATED = "repeated_header"
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'\A"?sep=(.)"?(?=\r?\n)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")


def read_csv(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a CSV file; `@row` is the line on which the row begins.

    A first line `sep=;` names the delimiter, as Excel has it. What stands above the header and in
    the footer is no row. Empty fields beyond the header are no fault.

    Raises:
        ExtractError: quotation marks do not match, or a field is longer than 128 kB.
    """
    decoded = read_text(file, declaration)
    text = decoded.text
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise ExtractError(f"{file}: row {row}: a NUL byte; the file is damaged or not text")
    text, line, delimiter = _cut(text, declaration)
    if delimiter == "auto":
        delimiter = sniff_delimiter(text)
    check_delimited(file, text, delimiter, declaration.limits)
    layout = _Layout(delimiter, declaration.header, line)
    plain = None if '"' in text else _read_plain(text, layout)
    extracted = _read_careful(file, text, layout) if plain is None else Extracted(plain)
    names = declaration.header or next(_records(file, text, layout), (0, []))[1]
    notes = (*decoded.notes, *tell_repeated(names, declaration, line))
    return replace(extracted, notes=notes, foreign=decoded.foreign)


@dataclass(frozen=True)
class _Layout:
    """How rows are written: delimiter, declared names, the line on which the text begins."""

    delimiter: str
    header: list[str] | None
    line: int


def _cut(text: str, declaration: SourceDeclaration) -> tuple[str, int, str]:
    """Return the text from the header's line on to the footer, that line, and the delimiter."""
    delimiter, line = declaration.delimiter, declaration.header_row
    separator = _SEPARATOR.match(text)
    if separator:
        delimiter, line = separator[1], max(line, 2)
    if line > 1:
        ends = [found.end() for found in islice(_LINE_END.finditer(text), line - 1)]
        text = text[ends[-1] :] if len(ends) == line - 1 else ""
    for _ in range(declaration.skip_footer):
        text = text.rstrip()
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return text, line, delimiter


def sniff_delimiter(text: str) -> str:
    """Return the delimiter that occurs most in the first line."""
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def _read_plain(text: str, layout: _Layout) -> pl.DataFrame | None:
    """Return the rows of a text without quotation marks that are all of one width, else none."""
    content = text.encode().rstrip(b"\r\n")
    body, names = 0, layout.header
    if names is None:
        body = content.find(b"\n") + 1
        names = content[: body or None].decode().rstrip("\r\n").split(layout.delimiter)
        body = body or len(content)
    width = _even_width(content, body, layout.delimiter)
    if width is None:
        return None
    frame = pl.read_csv(
        content[body:],
        separator=layout.delimiter,
        has_header=False,
        infer_schema=False,
        quote_char=None,
        empty_string_is_null=False,
    )
    names = _trimmed(names, width)
    extra = frame.columns[len(names) :]
    if width < len(names) or not all(frame[name].eq("").all() for name in extra):
        return None
    frame = frame.drop(extra)
    frame.columns = unique_names(names)
    first = layout.line + (0 if layout.header else 1)
    return frame.with_columns(
        pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(ROW)
    ).select(ROW, pl.exclude(ROW))


def _even_width(content: bytes, body: int, delimiter: str) -> int | None:
    """Return the fields of every line from `body` on, none where they differ or one is blank."""
    has_returns = b"\r" in content
    if has_returns and content.count(b"\r") != content.count(b"\r\n"):
        return None
    if not delimiter.isascii():
        return None
    array = np.frombuffer(content, dtype=np.uint8)[body:]
    if not array.size:
        return None
    ends = np.append(np.flatnonzero(array == ord("\n")), array.size)
    delimiters = np.flatnonzero(array == ord(delimiter))
    counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
    fields = int(counts[0])
    lengths = np.diff(ends, prepend=-1) - 1
    shortest = fields + has_returns  # delimiters alone, or nothing at all
    if fields == 0 or np.any(counts != fields) or np.any(lengths <= shortest):
        return None
    return fields + 1


def _trimmed(names: list[str], width: int) -> list[str]:
    """Return the names of a header without blank ones at its end that no row has fields for."""
    kept = len(names)
    while kept > width and not names[kept - 1].strip():
        kept -= 1
    return names[:kept]


def unique_names(names: list[str]) -> list[str]:
    """Return stripped names; a repeated one gets a number, a blank one its position."""
    seen: dict[str, int] = {}
    result = []
    for position, raw in enumerate(names, start=1):
        name = raw.strip().removeprefix("\ufeff") or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def tell_repeated(names: list[str], declaration: SourceDeclaration, row: int) -> list[Note]:
    """Return notes of the mapped columns of which the header has several: the first one counts."""
    counts = Counter(name.strip() for name in names)
    asked = {name for field in declaration.mapping.values() for name in field.columns}
    return [
        Note(REPEATED, ", ".join(f"{name}_{number}" for number in range(2, counts[name] + 1)), row,
             name)
        for name in counts
        if name in asked and counts[name] > 1
    ]  # fmt: skip


def _records(file: SourceFile, text: str, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins; blank lines are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
    before = layout.line - 1
    line = layout.line
    try:
        for record in reader:
            if any(value.strip() for value in record):
                yield line, record
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise ExtractError(
            f"{file}: row {line}: {error}; is a quotation mark left open there?"
        ) from None


def _read_careful(file: SourceFile, text: str, layout: _Layout) -> Extracted:
    records = _records(file, text, layout)
    given = layout.header or next(records, (0, [""]))[1]
    names = unique_names(given)
    blank = len(_trimmed(given, 0))  # the first of the blank names at the end
    rows: list[int] = []
    kept: list[list[str]] = []
    ragged: list[tuple[int, None, str, str]] = []
    for line, record in records:
        fitted = _fit(record, len(names), blank)
        if fitted is not None:
            rows.append(line)
            kept.append(fitted)
            continue
        reason = f"{len(record)} fields where the header has {len(names)}"
        raw = json.dumps(dict(enumerate(record, start=1)), ensure_ascii=False)
        ragged.append((line, None, reason, raw))
    frame = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    rejects = pl.DataFrame(ragged, schema=RAW_REJECT_SCHEMA, orient="row")
    return Extracted(frame.insert_column(0, pl.Series(ROW, rows, dtype=pl.Int64)), rejects)


def _fit(record: list[str], width: int, least: int) -> list[str] | None:
    """Return a row as wide as its header, none where a field is filled that has no name."""
    if len(record) == width:
        return record
    if len(record) > width:
        return None if any(value.strip() for value in record[width:]) else record[:width]
    return record + [""] * (width - len(record)) if len(record) >= least else None


FORMATS.register(
    RowFormat(
        name="csv",
        says="delimited text with a header, or with `header` names",
        read=read_csv,
        suffixes=(".csv", ".txt", ".tsv"),
        is_text=True,
        lines="csv",
    )
)
