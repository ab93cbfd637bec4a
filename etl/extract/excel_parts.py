"""What is looked up in a workbook's own XML: long numbers and errors."""

import re
from collections.abc import Mapping

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from etl.extract.excel_sizes import column_number
from etl.extract.zip_archive import ZipArchive, open_zip
from etl.limits import Limits
from etl.source.file import SourceFile

_DIGITS = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?v>(-?\d{16,})</")
_ERRORS = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=\"e\")([^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)</",
    re.DOTALL,
)
_PLACE = re.compile(rb"\br=\"([A-Z]+)(\d+)\"")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_long_numbers(
    file: SourceFile, sheet: str, limits: Limits
) -> Mapping[tuple[int, int], str]:
    """Return the whole numbers of 16 digits and more of a sheet, by row and column from 0.

    Excel itself rounds them; other programs write them whole, and no float holds them.
    """
    return _find_cells(file, sheet, _DIGITS, limits)


def read_errors(file: SourceFile, sheet: str, limits: Limits) -> Mapping[tuple[int, int], str]:
    """Return the errors that cells of a sheet hold, such as #N/A, by row and column from 0."""
    return _find_cells(file, sheet, _ERRORS, limits)


def _find_cells(
    file: SourceFile, sheet: str, pattern: re.Pattern[bytes], limits: Limits
) -> Mapping[tuple[int, int], str]:
    """Return what a pattern of a cell's attributes and its value finds in a sheet."""
    with open_zip(file, limits) as archive:
        path = _path_of(archive, sheet)
        if path not in archive.files:
            return {}
        xml = archive.read(path)
    found = {}
    for attributes, value in pattern.findall(xml):
        place = _PLACE.search(attributes)
        if place:
            found[int(place[2]) - 1, column_number(place[1]) - 1] = value.decode("ascii", "replace")
    return found


def _path_of(archive: ZipArchive, sheet: str) -> str:
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
