"""What is looked up in a workbook's own XML: how large it is, long numbers, errors."""

import re
import zipfile
from collections.abc import Mapping

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from etl.extract.container import open_zip, read_entry
from etl.source.file import SourceFile
from geodata.errors import ExtractError

_MOST_BYTES = 1 << 30
_MOST_CELLS = 60_000_000  # a sheet is held as a whole, blank cells included
_COLUMN = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]+)")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)")
_DIGITS = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?v>(-?\d{16,})</")
_ERRORS = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=\"e\")([^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)</",
    re.DOTALL,
)
_PLACE = re.compile(rb"\br=\"([A-Z]+)(\d+)\"")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def check_sizes(file: SourceFile) -> None:
    """Refuse a workbook that unpacks to more than can be held, or has cells at the far corner.

    Raises:
        ExtractError: it does, or is damaged.
    """
    with open_zip(file) as archive:
        total = sum(entry.file_size for entry in archive.infolist())
        if total > _MOST_BYTES:
            raise ExtractError(f"{file}: the workbook unpacks to more than {_MOST_BYTES >> 20} MB")
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/") and not entry.is_dir():
                _check_cells(file, entry.filename, read_entry(file, archive, entry))


def _check_cells(file: SourceFile, name: str, xml: bytes) -> None:
    rows = max((int(row) for row in _ROW.findall(xml)), default=0)
    columns = max((_column(letters) for letters in set(_COLUMN.findall(xml))), default=0)
    if rows * columns > _MOST_CELLS:
        raise ExtractError(
            f"{file}: {name} reaches to row {rows} and column {columns}; "
            f"at most {_MOST_CELLS:,} cells are read"
        )


def _column(letters: bytes) -> int:
    """Return a column's number from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def read_long_numbers(file: SourceFile, sheet: str) -> Mapping[tuple[int, int], str]:
    """Return the whole numbers of 16 digits and more of a sheet, by row and column from 0.

    Excel itself rounds them; other programs write them whole, and no float holds them.
    """
    return _find_cells(file, sheet, _DIGITS)


def read_errors(file: SourceFile, sheet: str) -> Mapping[tuple[int, int], str]:
    """Return the errors that cells of a sheet hold, such as #N/A, by row and column from 0."""
    return _find_cells(file, sheet, _ERRORS)


def _find_cells(
    file: SourceFile, sheet: str, pattern: re.Pattern[bytes]
) -> Mapping[tuple[int, int], str]:
    """Return what a pattern of a cell's attributes and its value finds in a sheet."""
    with open_zip(file) as archive:
        path = _path_of(archive, sheet)
        if path not in archive.namelist():
            return {}
        xml = read_entry(file, archive, archive.getinfo(path))
    found = {}
    for attributes, value in pattern.findall(xml):
        place = _PLACE.search(attributes)
        if place:
            found[int(place[2]) - 1, _column(place[1]) - 1] = value.decode("ascii", "replace")
    return found


def _path_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return where a sheet lies in the workbook, '' where its parts do not say so."""
    try:
        book = fromstring(archive.read("xl/workbook.xml"))
        relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ParseError, DefusedXmlException):
        return ""
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    for each in book.iter():
        if each.tag.endswith("}sheet") and each.get("name") == sheet:
            target = str(targets.get(each.get(_RELATION), ""))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""
