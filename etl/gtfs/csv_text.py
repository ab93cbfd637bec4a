"""Reads a GTFS file into columns of text: fast if it is clean, row by row if not."""

import csv
import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from etl.gtfs.lines import read_line_notes
from etl.gtfs.table import FAULT_SCHEMA, Table
from etl.ledger.findings import FaultyFileError, Finding

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LONE_CR = re.compile(rb"\r(?!\n)")
_FIRST_END = re.compile(rb"[\r\n]")
_LINE_END = re.compile(r"\r*\n|\r")
_SURROGATE = re.compile("[\udc80-\udcff]")
_MALFORMED = "_malformed"
_LONGEST_VALUE_LINES = 50  # a value of more lines than this is a quotation mark left open
_UNCLOSED = "a quotation mark is not closed"
_END, _QUOTE = b'\n"'


def decode_file(file: str, data: bytes, encoding: str) -> bytes:
    """Return the file in UTF-8, which GTFS asks for; bytes that are not of the encoding stay.

    Args:
        file: its name, for refusals.
        data: the bytes as they came.
        encoding: a codec that the declaration names, or `auto`; a byte-order mark of UTF-8 is
            believed before it.

    Raises:
        FaultyFileError: the file is UTF-16 and undeclared, or not of the encoding at all.
    """
    if encoding == "auto":
        if data.startswith(_UTF16):
            raise _refusal(file, "invalid_character", "encoded in UTF-16; GTFS requires UTF-8")
        return data
    if data.startswith(_BOM):
        return data
    try:
        text = data.decode(encoding, "surrogateescape")
    except UnicodeError as error:
        raise _refusal(file, "invalid_character", f"not valid {encoding}: {error}") from error
    return text.removeprefix("\ufeff").encode("utf-8", "surrogateescape")


def read_text_table(file: str, data: bytes, encoding: str = "UTF-8") -> Table:
    """Return the file as columns of text; malformed rows are rejected one by one.

    Blank lines are no rows; blank cells are null; names and cells are stripped of white space.

    Args:
        file: its name.
        data: its bytes in UTF-8 (`decode_file`).
        encoding: what reasons call the encoding that bad bytes are not of.

    Raises:
        FaultyFileError: its header is missing or repeats a column.
    """
    body = data.removeprefix(_BOM)
    _check_header(file, body)
    frame = _read_fast(body)
    if frame is None:
        frame = _read_carefully(file, body, encoding)
    frame = _strip(frame)
    malformed = pl.col(_MALFORMED).is_not_null()
    faults = frame.filter(malformed).select(
        "row_number",
        pl.lit(None, pl.String).alias("field"),
        pl.col(_MALFORMED).alias("reason"),
        _code_of_flaw().alias("code"),
    )
    rows = frame.filter(~malformed).drop(_MALFORMED)
    notes = read_line_notes(file, data, faults["row_number"].to_list())
    return Table(file, frame.drop(_MALFORMED), rows, faults.cast(FAULT_SCHEMA), notes)


def _code_of_flaw() -> pl.Expr:
    """Return the finding code of a malformed row: wrong length, bad quotes, else characters."""
    flaw = pl.col(_MALFORMED)
    return (
        pl.when(flaw.str.contains("cells, the header has"))
        .then(pl.lit("invalid_row_length"))
        .when(flaw.str.starts_with("not valid") | flaw.str.contains("NUL byte"))
        .then(pl.lit("invalid_character"))
        .otherwise(pl.lit("csv_parsing_failed"))
    )


def _refusal(file: str, code: str, why: str, row: int = 1) -> FaultyFileError:
    return FaultyFileError(f"{file}: {why}", [Finding(code, file, row, detail=why)])


def _check_header(file: str, body: bytes) -> None:
    """Refuse a repeated column, which readers rename or drop each in its own way."""
    end = _FIRST_END.search(body)
    header = body[: end.start()] if end else body
    names = [name.strip(b' \t"') for name in header.split(b",")]
    twice = sorted(
        {name.decode(errors="replace") for name in names if names.count(name) > 1} - {""}
    )
    if twice:
        raise _refusal(file, "duplicated_column", f"the header repeats {', '.join(twice)}")


def _read_fast(body: bytes) -> pl.DataFrame | None:
    """Return the rows by Polars, or None if the bytes need the row-by-row reader."""
    if b"\0" in body or _LONE_CR.search(body) or not body.strip():
        return None
    if b', "' in body:  # Polars would take the quotation marks after a blank for text
        return None
    if _has_open_quotes(body):  # Polars would join the lines that follow into one value
        return None
    try:
        body.decode("utf-8")
        frame = pl.read_csv(body, infer_schema=False)
    except (UnicodeDecodeError, pl.exceptions.PolarsError):
        return None
    return (
        frame.drop("row_number", strict=False)
        .with_row_index("row_number", offset=2)
        .with_columns(
            pl.col("row_number").cast(pl.Int64), pl.lit(None, pl.String).alias(_MALFORMED)
        )
    )


def _has_open_quotes(body: bytes) -> bool:
    """Return whether any line holds an odd number of quotation marks."""
    if b'"' not in body:
        return False
    codes = np.frombuffer(body if body.endswith(b"\n") else body + b"\n", np.uint8)
    ends = np.flatnonzero(codes == _END)
    starts = np.concatenate(([0], ends[:-1] + 1))
    quotes = np.add.reduceat(codes == _QUOTE, starts, dtype=np.int64)
    return bool((quotes % 2 == 1).any())


def _read_carefully(file: str, body: bytes, encoding: str) -> pl.DataFrame:
    """Read row by row, so that one bad row costs one row."""
    lines = _LINE_END.sub("\n", body.decode("utf-8", "surrogateescape")).split("\n")
    header = [_printable(name) for name in _cells(lines[0])]
    if not any(name.strip() for name in header):
        raise _refusal(file, "empty_file", "empty, it has no header")
    width = len(header)
    rows = [
        (number, cells, _flaw(cells, width, encoding) if flaw is None else flaw)
        for number, cells, flaw in _split(lines, width)
    ]
    columns: dict[str, list[str | None]] = {
        name: [_printable(row[i]) if i < len(row) else None for _, row, _ in rows]
        for i, name in enumerate(header)
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.Series("row_number", [number for number, _, _ in rows], pl.Int64),
        pl.Series(_MALFORMED, [flaw for _, _, flaw in rows], pl.String),
    )


def _split(lines: Sequence[str], width: int) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield line number, cells and flaw of each row after the header.

    A value in quotation marks may go on over several lines. One that is never closed costs its own
    row: the lines after it are rows again.
    """
    at = 1
    while at < len(lines):
        cells, taken, flaw = _row_at(lines, at, width)
        if cells:
            yield at + 1, cells, flaw
        at += taken


def _row_at(lines: Sequence[str], at: int, width: int) -> tuple[list[str], int, str | None]:
    """Return the cells of the row that begins on a line, how many lines it takes, its flaw."""
    line = lines[at]
    if line.count('"') % 2 == 0 or _cells_strictly(line) is not None:
        try:
            return _cells(line), 1, None
        except csv.Error as error:
            return [line], 1, str(error)
    for end in range(at + 2, min(at + _LONGEST_VALUE_LINES, len(lines)) + 1):
        if '"' in lines[end - 1]:
            cells = _cells_strictly("\n".join(lines[at:end]))
            if cells is not None and len(cells) == width:
                return cells, end - at, None
    return line.split(","), 1, _UNCLOSED


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True), [])


def _cells_strictly(text: str) -> list[str] | None:
    """Return the cells of a row, or None if its quotation marks do not fit together."""
    lines = (f"{line}\n" for line in text.split("\n"))
    reader = csv.reader(lines, skipinitialspace=True, strict=True)
    try:
        rows = list(reader)
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _flaw(cells: list[str], width: int, encoding: str) -> str | None:
    if any(cell.strip() for cell in cells[width:]):
        return f"{len(cells)} cells, the header has {width}"
    if any("\0" in cell for cell in cells):
        return "contains a NUL byte"
    if any(_SURROGATE.search(cell) for cell in cells):
        return f"not valid {encoding}"
    return None


def _printable(cell: str) -> str:
    """Return text in which characters that no database text may hold are escaped."""
    text = cell.replace("\0", "\\x00")
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _strip(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.select(name for name in frame.columns if name.strip())
    frame.columns = [name.strip() for name in frame.columns]
    cells = pl.exclude("row_number", _MALFORMED)
    stripped = frame.select("row_number", _MALFORMED, cells.str.strip_chars().replace("", None))
    filled = pl.any_horizontal(pl.exclude("row_number").is_not_null())  # malformed rows are rows
    return stripped.filter(filled)
