"""Reads a GTFS file into columns of text: fast if it is clean, row by row if not."""

import csv
import io
import re

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


def read_text_table(file: str, data: bytes) -> Table:
    """Return the file as columns of text; malformed rows are rejected one by one.

    Blank lines are no rows; blank cells are null; names and cells are stripped of white space.

    Raises:
        ExtractError: the file is UTF-16, or its header is missing or repeats a column.
    """
    if data.startswith(_UTF16):
        raise _refusal(file, "invalid_character", "encoded in UTF-16; GTFS requires UTF-8")
    body = data.removeprefix(_BOM)
    _check_header(file, body)
    frame = _read_fast(body)
    if frame is None:
        frame = _read_carefully(file, body)
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
    """Return the finding code of a malformed row: wrong length, else bad characters."""
    is_ragged = pl.col(_MALFORMED).str.contains("cells, the header has")
    return (
        pl.when(is_ragged).then(pl.lit("invalid_row_length")).otherwise(pl.lit("invalid_character"))
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


def _read_carefully(file: str, body: bytes) -> pl.DataFrame:
    """Read row by row, so that one bad row costs one row."""
    text = _LINE_END.sub("\n", body.decode("utf-8", "surrogateescape"))
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        header = [_printable(name) for name in next(reader, [])]
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        why = f"line {reader.line_num}: {error}"
        raise _refusal(file, "csv_parsing_failed", why, reader.line_num) from error
    if not any(name.strip() for name in header):
        raise _refusal(file, "empty_file", "empty, it has no header")
    width = len(header)
    columns: dict[str, list[str | None]] = {
        name: [_printable(row[i]) if i < len(row) else None for _, row in rows]
        for i, name in enumerate(header)
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.Series("row_number", [line for line, _ in rows], pl.Int64),
        pl.Series(_MALFORMED, [_flaw(row, width) for _, row in rows], pl.String),
    )


def _flaw(cells: list[str], width: int) -> str | None:
    if any(cell.strip() for cell in cells[width:]):
        return f"{len(cells)} cells, the header has {width}"
    if any("\0" in cell for cell in cells):
        return "contains a NUL byte"
    if any(_SURROGATE.search(cell) for cell in cells):
        return "not valid UTF-8"
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
