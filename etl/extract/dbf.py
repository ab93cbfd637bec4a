"""dBASE tables, the attributes of a shapefile, read as the text they are.

GDAL makes floating-point numbers of wide numeric fields, which costs identifiers of more than 15
digits their end, and trusts whatever encoding the file beside them names.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.batch import Note
from etl.extract.csv_file import unique_names
from etl.extract.encoding import FOREIGN, Decoded, canonical, decode
from etl.extract.extracted import Extracted
from etl.extract.plausibility import score
from etl.limits import check_table
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.errors import ExtractError

_FIELD_BYTES = 32
_NAME_BYTES = 11  # the last of them is a NUL
_END_OF_FIELDS = 0x0D
_LINE_BREAK = b"\x1f"  # stands for a line break inside a value
_WHOLE = ("I", "+")  # of four bytes
_TRUE, _FALSE = ("Y", "y", "T", "t"), ("N", "n", "F", "f")
_READS = 0.5
_MOST_DIGITS = 40
_CODE_PAGES = {"65001": "utf-8", "88591": "iso8859-1"}


@dataclass(frozen=True)
class _Field:
    """One column: its name as bytes, its type, where it begins in a record and how wide it is."""

    name: bytes
    kind: str
    start: int
    width: int


def read_dbf(
    file: SourceFile, content: bytes, code_page: str, declaration: SourceDeclaration
) -> Extracted:
    """Return every record of a table as text, deleted ones included, without `@row`.

    `code_page` is what a `.cpg` file beside it says, '' without; it counts as far as the text then
    reads as language.

    Raises:
        ExtractError: it is damaged, or in no encoding that is known.
    """
    fields, records = _parse(file, content)
    check_table(file, len(records), len(fields), declaration.limits)
    columns = [_column(records, field) for field in fields]
    lines = [_whole_name(field.name) for field in fields]
    for field, column in zip(fields, columns, strict=True):
        if field.kind == "C":
            lines += [value.replace(b"\n", _LINE_BREAK) for value in column]
    decoded = _decode(file, b"\n".join(lines), code_page, declaration)
    texts = iter(decoded.text.split("\n"))
    names = [_name(next(texts), field.name) for field in fields]
    series = []
    for name, field, column in zip(unique_names(names), fields, columns, strict=True):
        if field.kind == "C":
            values = [next(texts).replace(_LINE_BREAK.decode(), "\n") or None for _ in column]
        else:
            values = [_value(field.kind, value.decode("latin-1")) for value in column]
        series.append(pl.Series(name, values, dtype=pl.String))
    return Extracted(pl.DataFrame(series), notes=decoded.notes, foreign=decoded.foreign)


def _parse(file: SourceFile, content: bytes) -> tuple[list[_Field], npt.NDArray[np.uint8]]:
    """Return the fields, and the records as rows of bytes."""
    if len(content) < _FIELD_BYTES:
        raise ExtractError(f"{file}: the .dbf file is damaged: it has no header")
    count = int.from_bytes(content[4:8], "little")
    begin, width = (int.from_bytes(content[at : at + 2], "little") for at in (8, 10))
    fields = []
    start = 1  # after the mark of deleted records
    for at in range(_FIELD_BYTES, begin - 1, _FIELD_BYTES):
        if at + _FIELD_BYTES > len(content) or content[at] == _END_OF_FIELDS:
            break
        name = content[at : at + _NAME_BYTES].split(b"\0", 1)[0]
        size = content[at + 16]
        fields.append(_Field(name, chr(content[at + 11]), start, size))
        start += size
    count = min(count, (len(content) - begin) // width if width else 0)
    if not fields or start > width or count < 0 or any(map(_is_odd, fields)):
        raise ExtractError(f"{file}: the .dbf file is damaged: its fields do not fit its records")
    body = np.frombuffer(content, dtype=np.uint8, offset=begin, count=count * width)
    return fields, body.reshape(count, width)


def _is_odd(field: _Field) -> bool:
    return field.width == 0 or (field.kind in _WHOLE and field.width != 4)


def _column(records: npt.NDArray[np.uint8], field: _Field) -> list[bytes]:
    """Return one field of all records, without the blanks and NULs that fill it up."""
    cells = np.ascontiguousarray(records[:, field.start : field.start + field.width])
    if field.kind in _WHOLE:
        return [b"%d" % number for number in cells.view("<i4").ravel().tolist()]
    return [value.strip(b" \0\t\r\n") for value in cells.view(f"S{field.width}").ravel().tolist()]


def _decode(
    file: SourceFile, content: bytes, code_page: str, declaration: SourceDeclaration
) -> Decoded:
    if declaration.encoding != "auto":
        return decode(file, content, declaration.encoding, declaration.legacy)
    encoding = _encoding_of(code_page)
    if encoding and encoding != "utf-8":
        try:
            decoded = decode(file, content, encoding, declaration.legacy)
        except ExtractError:
            decoded = None
        if decoded is not None and score(decoded.text, encoding) >= _READS:
            return decoded
    decoded = decode(file, content, "auto", declaration.legacy)
    wrong = encoding not in ("", "utf-8")
    note = Note("wrong_code_page", code_page)
    return replace(decoded, notes=(note, *decoded.notes)) if wrong else decoded


def _encoding_of(code_page: str) -> str:
    """Return the codec that a .cpg file names in one of its many ways, '' where it names none."""
    text = code_page.strip().lower().replace("_", "")
    digits = re.search(r"(\d{3,5})$", text)
    names = [text] if text else []
    if digits:
        names.append(_CODE_PAGES.get(digits[1], f"cp{digits[1]}"))
    for name in names:
        try:
            return canonical(name)
        except LookupError:
            continue
    return ""


def _whole_name(name: bytes) -> bytes:
    """Return a column's name without the part of a character at which UTF-8 was cut off."""
    for end in range(len(name), max(len(name) - 3, 0), -1):
        try:
            name[:end].decode()
        except UnicodeDecodeError:
            continue
        return name[:end]
    return name


def _name(text: str, given: bytes) -> str:
    """Return a column's name; of one in another encoding than its file what can be read."""
    return given.decode("gb18030", "ignore") if FOREIGN in text else text


def _value(kind: str, text: str) -> str | None:
    """Return a value that is no text as a CSV file would hold it."""
    if kind == "L":
        return "true" if text in _TRUE else "false" if text in _FALSE else None
    if kind == "D":
        return re.sub(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", text) if text.strip("0") else None
    return plain_number(text) if kind in ("N", "F") and text else text or None


def plain_number(text: str) -> str:
    """Return a number without an exponent or zeros after its point: 12.000 is written 12."""
    if "." not in text and "e" not in text.lower():
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return text
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
