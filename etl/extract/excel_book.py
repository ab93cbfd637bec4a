"""The sheets of a workbook as Python values: `.xlsx` by calamine, `.xls` by xlrd.

calamine reads `.xls` too, but a damaged one ends the whole process: it reserves whatever memory the
file asks for.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial

import xlrd
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from etl.extract.excel_parts import read_errors
from etl.extract.signature import ZIP
from etl.limits import Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

Cells = list[list[object]]
Errors = Mapping[tuple[int, int], str]  # by row and column from 0
Range = tuple[tuple[int, int], tuple[int, int]]
_TIME_ONLY = 1.0  # a serial number below it has no day
_MOST_SERIAL = 2_958_465.0  # 31 December 9999


@dataclass(frozen=True)
class Sheet:
    """One sheet: its first rows or all, as far as they are filled, and its merged ranges.

    Cells that hold an error, such as #N/A, are blank; `read_errors` tells them.
    """

    name: str
    is_visible: bool
    is_filled: bool
    merged: Sequence[Range]
    read: Callable[[int | None], Cells]
    read_errors: Callable[[], Errors]


def open_book(file: SourceFile, content: bytes, limits: Limits) -> list[Sheet]:
    """Return the sheets of a workbook that hold cells, not charts or macros.

    Raises:
        ExtractError: it is damaged.
    """
    try:
        is_zip = content.startswith(ZIP)
        return _open_xlsx(file, content, limits) if is_zip else _open_xls(content)
    except (CalamineError, OSError, ValueError) as error:
        raise ExtractError(f"{file}: cannot be read: {error}") from None
    except Exception as error:  # xlrd meets damage wherever its parsing happens to be
        raise _damaged(file, error) from error
    except BaseException as error:  # a panic in Rust is no Exception, and must not end the others
        if type(error).__name__ == "PanicException":
            raise _damaged(file, error) from error
        raise


def _damaged(file: SourceFile, error: BaseException) -> ExtractError:
    return ExtractError(f"{file}: cannot be read: the workbook is damaged ({type(error).__name__})")


def _open_xlsx(file: SourceFile, content: bytes, limits: Limits) -> list[Sheet]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = []
    for each in workbook.sheets_metadata:
        if each.typ == SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(each.name)
            merged = sheet.merged_cell_ranges or []
            is_visible = each.visible == SheetVisibleEnum.Visible
            errors = partial(read_errors, file, each.name, limits)
            is_filled = sheet.height > 0
            sheets.append(Sheet(each.name, is_visible, is_filled, merged, _reader(sheet), errors))
    return sheets


def _reader(sheet: CalamineSheet) -> Callable[[int | None], Cells]:
    def read(count: int | None) -> Cells:
        rows = sheet.to_python(skip_empty_area=False, nrows=count)
        return [list(row) for row in rows]

    return read


def _open_xls(content: bytes) -> list[Sheet]:
    # The formats tell dates from numbers; what xlrd says of odd files is for nobody.
    # Rows are left as long as they are: one cell at the far corner fills no sheet.
    book = xlrd.open_workbook(
        file_contents=content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True
    )
    return [
        Sheet(
            sheet.name,
            sheet.visibility == 0,
            sheet.nrows > 0,
            [((top, left), (end - 1, right - 1)) for top, end, left, right in sheet.merged_cells],
            _old_reader(sheet, book.datemode),
            partial(_old_errors, sheet),
        )
        for sheet in book.sheets()
    ]


def _old_reader(sheet: xlrd.sheet.Sheet, date_mode: int) -> Callable[[int | None], Cells]:
    def read(count: int | None) -> Cells:
        rows = range(sheet.nrows if count is None else min(count, sheet.nrows))
        width = sheet.ncols
        cells = [[_value(cell, date_mode) for cell in sheet.row(at)] for at in rows]
        return [row + [""] * (width - len(row)) for row in cells]

    return read


def _old_errors(sheet: xlrd.sheet.Sheet) -> Errors:
    return {
        (row, column): xlrd.error_text_from_code.get(cell.value, "#N/A")
        for row in range(sheet.nrows)
        for column, cell in enumerate(sheet.row(row))
        if cell.ctype == xlrd.XL_CELL_ERROR
    }


def _value(cell: xlrd.sheet.Cell, date_mode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ""
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _moment(cell.value, date_mode)
    return cell.value


def _moment(serial: float, date_mode: int) -> datetime | time | float:
    """Return a date, or a time of day; a number beyond the calendar stays one."""
    if not 0 <= serial <= _MOST_SERIAL:
        return serial
    at = xlrd.xldate.xldate_as_datetime(serial, date_mode)
    moment: datetime | time = at.time() if serial < _TIME_ONLY else at
    return moment
