"""How large a workbook becomes in memory, looked up in its XML before it is opened."""

import re

import numpy as np
import numpy.typing as npt

from etl.extract.zip_archive import open_zip
from etl.limits import Limits
from etl.source.file import SourceFile

_CELL = rb"<(?:\w+:)?c\b[^>]*?"
_COLUMN = re.compile(_CELL + rb"\br\s*=\s*[\"']([A-Z]+)")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br\s*=\s*[\"'](\d+)")
_SHARED = re.compile(_CELL + rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>(\d+)</")
_IS_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
_STRING = re.compile(rb"<(?:\w+:)?si\b")
_SHEETS, _STRINGS = "xl/worksheets/", "sharedstrings.xml"


def check_workbook(file: SourceFile, limits: Limits) -> None:
    """Refuse a workbook that unpacks to more than can be held, or says so of its cells.

    A cell at the far corner makes a sheet of 17 thousand million; one long text, kept once, may be
    the value of a million cells.

    Raises:
        ExtractError: it is, or it is damaged.
    """
    sheets: dict[str, bytes] = {}
    lengths = np.zeros(0, dtype=np.int64)
    with open_zip(file, limits) as archive:
        archive.check_sizes(archive.files)
        for name in archive.files:
            content = archive.read(name)
            if name.lower().endswith(_STRINGS):
                lengths = _lengths(content)
            elif name.startswith(_SHEETS):
                _check_cells(file, name, content, limits)
                sheets[name] = content
    for name, xml in sheets.items():
        total = _text_bytes(xml, lengths)
        said = f"the cells of {name} hold {total:,} bytes of text"
        limits.check(file, "unpacked_mb", total, said)


def _check_cells(file: SourceFile, name: str, xml: bytes, limits: Limits) -> None:
    rows = max((int(found[1]) for found in _ROW.finditer(xml)), default=0)
    columns = max((column_number(letters) for letters in set(_COLUMN.findall(xml))), default=0)
    said = f"{name} reaches to row {rows} and column {columns}"
    limits.check(file, "sheet_cells", rows * columns, said)


def column_number(letters: bytes) -> int:
    """Return a column's number from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _lengths(xml: bytes) -> npt.NDArray[np.int64]:
    """Return at most how long each shared text is."""
    starts = [found.start() for found in _STRING.finditer(xml)]
    ends = np.array([*starts[1:], len(xml)], dtype=np.int64)
    return ends[: len(starts)] - np.array(starts, dtype=np.int64)


def _text_bytes(xml: bytes, lengths: npt.NDArray[np.int64]) -> int:
    """Return at most how much text the cells of a sheet hold, each its own copy."""
    if not len(lengths):
        return len(xml)
    longest = int(lengths.max())
    if xml.count(b"</") * longest <= len(xml):
        return len(xml)
    numbers = [int(found[1]) for found in _SHARED.finditer(xml)]
    known = np.array([each for each in numbers if each < len(lengths)], dtype=np.int64)
    others = sum(1 for _ in _IS_SHARED.finditer(xml)) - len(known)
    return len(xml) + int(lengths[known].sum()) + max(others, 0) * longest
