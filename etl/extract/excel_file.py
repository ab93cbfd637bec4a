"""Excel workbooks, `.xlsx` and `.xls`: one sheet, its header row, and the rows below as text."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import polars as pl

from etl.batch import ROW, Note
from etl.extract.container import listed
from etl.extract.csv_file import tell_repeated, unique_names
from etl.extract.excel_book import Errors, Range, Sheet, open_book
from etl.extract.excel_parts import read_long_numbers
from etl.extract.excel_sizes import check_workbook
from etl.extract.extracted import EXACT, Extracted
from etl.extract.row_format import RowFormat
from etl.extract.signature import ZIP, recognise
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

Rows = list[list[str]]
_SUFFIXES = (".xlsx", ".xlsm", ".xls")


def read_excel(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a sheet; `@row` is the row as Excel counts it, and dates are in ISO form.

    A merged cell's value stands in each of its rows, which the load says. Identifiers kept as text
    keep their zeros; whole numbers have no point.

    Raises:
        ExtractError: it is no workbook, too large, or leaves open which sheet is meant.
    """
    content = file.read_bytes()
    what = recognise(content)
    if not what.startswith("an Excel file ("):
        kind = what or "text (declare format: csv)"
        raise ExtractError(f"{file}: this is {kind}, not an Excel workbook")
    is_zip = content.startswith(ZIP)
    if is_zip:
        check_workbook(file, declaration.limits)
    sheet, notes = _choose(file, open_book(file, content, declaration.limits), declaration)
    rows = [[_text(cell) for cell in row] for row in sheet.read(None)]
    _check_text(file, rows, declaration)
    if is_zip and any(_LONG.match(cell) for row in rows for cell in row):
        for (row, column), digits in read_long_numbers(
            file, sheet.name, declaration.limits
        ).items():
            rows[row][column] = digits
    return _note_errors(
        _extracted(rows, sheet.merged, declaration, notes), sheet.read_errors(), declaration
    )


def _check_text(file: SourceFile, rows: Rows, declaration: SourceDeclaration) -> None:
    """Refuse a sheet whose cells share texts that are too long to be copied."""
    total = sum(len(cell) for row in rows for cell in row)
    said = f"its cells hold {total:,} characters"
    declaration.limits.check(file, "unpacked_mb", total, said)


def _choose(
    file: SourceFile, sheets: list[Sheet], declaration: SourceDeclaration
) -> tuple[Sheet, tuple[Note, ...]]:
    """Return the declared sheet, else the only one with rows, else with the columns, aloud."""
    names = [each.name for each in sheets]
    wanted = declaration.sheet
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        return sheets[wanted - 1], ()
    if wanted is not None:
        if str(wanted) not in names:
            raise ExtractError(f"{file}: has no sheet '{wanted}', only {listed(names)}")
        return sheets[names.index(str(wanted))], ()
    filled = [each for each in sheets if each.is_visible and each.is_filled]
    if len(filled) > 1:
        filled = [each for each in filled if _has_columns(each, declaration)] or filled
    if not filled:
        raise ExtractError(f"{file}: holds no rows in its sheets {listed(names)}")
    if len(filled) > 1:
        raise ExtractError(f"{file}: declare one sheet of {listed(s.name for s in filled)}")
    note = Note("chosen_sheet", f"{filled[0].name} ({listed(names)})")
    return filled[0], (note,) if len(names) > 1 else ()


def _has_columns(sheet: Sheet, declaration: SourceDeclaration) -> bool:
    rows = sheet.read(declaration.header_row)
    if len(rows) < declaration.header_row:
        return False
    names = {_header_name(_text(cell)) for cell in rows[-1]}
    return all(names.intersection(any_of) for _, any_of in declaration.columns_needed)


def _extracted(
    rows: Rows, merged: Sequence[Range], declaration: SourceDeclaration, notes: tuple[Note, ...]
) -> Extracted:
    first = declaration.header_row if declaration.header is None else declaration.header_row - 1
    filled = [at for at, row in enumerate(rows) if at >= first and any(map(str.strip, row))]
    filled = filled[: max(len(filled) - declaration.skip_footer, 0)]
    repeated = _repeat_merged(rows, merged, first, set(filled))
    width = max((len(row) for row in rows), default=0)
    given = declaration.header or (rows[first - 1] if 0 < first <= len(rows) else [])
    names = unique_names([_header_name(each) for each in given])
    numbers = pl.Series(ROW, [at + 1 for at in filled], dtype=pl.Int64)
    columns = [
        pl.Series(name, [rows[at][column] for at in filled], dtype=pl.String)
        for column, name in enumerate(names[:width])
    ]
    frame = pl.DataFrame([numbers, *columns])
    if repeated:
        merges = [name for column, name in enumerate(names) if column in repeated]
        notes = (*notes, Note("repeated_merged", ", ".join(merges), rows=sum(repeated.values())))
    told = tell_repeated([_header_name(each) for each in given], declaration, first)
    return Extracted(frame, notes=(*notes, *told))


def _note_errors(extracted: Extracted, errors: Errors, declaration: SourceDeclaration) -> Extracted:
    """Say which mapped columns hold errors of formulas, which are read as blank."""
    frame = extracted.frame
    asked = {name for field in declaration.mapping.values() for name in field.columns}
    rows, notes = set(frame[ROW]), []
    for column, name in enumerate(frame.columns[1:]):
        found = sorted(at + 1 for at, other in errors if other == column and at + 1 in rows)
        if found and name in asked:
            said = errors[found[0] - 1, column]
            notes.append(Note("error_cells", said, found[0], name, len(found)))
    return replace(extracted, notes=(*extracted.notes, *notes))


def _repeat_merged(
    rows: Rows, merged: Sequence[Range], first: int, filled: set[int]
) -> dict[int, int]:
    """Write merged values into the cells they cover: down in the rows, down and across above.

    Returns how many cells of each column's rows were filled.
    """
    counts: dict[int, int] = {}
    for (top, left), (bottom, right) in merged:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for at in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min((left if at >= first else right) + 1, len(rows[at]))):
                if rows[at][column] or not value or (at >= first and at not in filled):
                    continue
                rows[at][column] = value
                if at >= first:
                    counts[column] = counts.get(column, 0) + 1
    return counts


def _header_name(text: str) -> str:
    """Return a column's name without the line breaks that make it fit its column."""
    return re.sub(r"\s*[\r\n]+\s*", "", text)


_LONG = re.compile(r"^-?\d\.?\d*e\+\d+$")


def _text(cell: object) -> str:
    """Return a cell's value as the text that a CSV file would hold."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else repr(cell)
    if isinstance(cell, datetime):
        return _clock(cell)
    if isinstance(cell, timedelta):
        return _duration(cell)
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _clock(value: datetime) -> str:
    """Return a time to the millisecond: a serial number holds no more, and ends in odd digits."""
    rounded = value + timedelta(microseconds=500)
    return rounded.isoformat(" ", "milliseconds").removesuffix(".000")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02d}:{rest % 60:02d}"


for _name, _says in (
    ("xlsx", "an Excel workbook: `sheet`, `header_row`, `skip_footer`"),
    ("xls", "an Excel workbook of before 2007, likewise"),
):
    FORMATS.register(
        RowFormat(
            name=_name,
            says=_says,
            read=read_excel,
            suffixes=_SUFFIXES,
            is_typed=True,
            times="excel",
        )
    )
