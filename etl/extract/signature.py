"""What a file really is, by its first bytes: the true cause in a refusal."""

import codecs

from etl.extract.zip_archive import open_zip
from etl.limits import DEFAULTS
from etl.source.file import SourceFile
from geodata.errors import ExtractError

HEAD_BYTES = 4096
ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
SQLITE, SHAPEFILE = b"SQLite format 3\0", b"\0\0\x27\x0a"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXCEL = "an Excel file"
_SIGNATURES = (
    (GZIP, "a gzip file"),
    (b"PK\x05\x06", "an empty zip"),
    (b"%PDF", "a PDF"),
    (SQLITE, "a GeoPackage or another SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\0", "a TIFF picture or raster"),
    (b"MM\0*", "a TIFF picture or raster"),
    (SHAPEFILE, "a shapefile"),
    (b"ARROW1", "an Arrow file"),
)
# Directory entries of old Office files are named in UTF-16.
_OLD_OFFICE_PARTS = (
    ("EncryptedPackage", f"{_EXCEL} with a password"),
    ("Workbook", f"{_EXCEL} (.xls)"),
    ("Book", f"{_EXCEL} (.xls)"),
    ("WordDocument", "a Word file"),
)
_OFFICE_PARTS = (
    ("xl/", f"{_EXCEL} (.xlsx)"),
    ("word/", "a Word file"),
    ("ppt/", "a PowerPoint file"),
    ("content.xml", "an OpenDocument file"),
)
_MOSTLY = 0.3


def recognise(content: bytes) -> str:
    """Return what bytes are, where they are no plain text; '' where nothing says so."""
    if content.startswith(OLD_OFFICE):
        found = (said for part, said in _OLD_OFFICE_PARTS if part.encode("utf-16-le") in content)
        return next(found, "an old Office file")
    if content.startswith(ZIP):
        return _recognise_zip(content)
    known = next((said for start, said in _SIGNATURES if content.startswith(start)), "")
    return known or _recognise_text(content[:HEAD_BYTES])


def _recognise_zip(content: bytes) -> str:
    try:
        with open_zip(SourceFile("", content=content), DEFAULTS) as archive:
            names = archive.names
    except ExtractError:
        return "a damaged zip"
    if "xl/workbook.bin" in names:
        return f"{_EXCEL} in binary (.xlsb)"
    found = (said for part, said in _OFFICE_PARTS if any(name.startswith(part) for name in names))
    return next(found, "a zip")


def _recognise_text(head: bytes) -> str:
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        return "an HTML page (a login page?)"
    if begin.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in begin:
        return f"{_EXCEL} of 2003 in XML"
    if begin.startswith(b"<?xml"):
        return "XML"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    halves = [sum(byte == 0 for byte in head[at::2]) / max(len(head[at::2]), 1) for at in (0, 1)]
    if max(halves) > _MOSTLY and min(halves) < _MOSTLY / 3:
        order = "le" if halves[1] > halves[0] else "be"
        return f"UTF-16 without its mark (declare encoding: utf-16-{order})"
    return ""


def refuse_other(file: SourceFile, accepted: tuple[str, ...], declared: str) -> None:
    """Refuse a file that is plainly another kind than one whose name begins as `accepted`.

    Raises:
        ExtractError: it is; names what it is.
    """
    with file.open() as stream:
        head = stream.read(HEAD_BYTES)
    is_container = head.startswith((ZIP, OLD_OFFICE))
    what = recognise(file.read_bytes() if is_container else head)
    if what and not what.startswith(accepted):
        raise ExtractError(f"{file}: this is {what}, not {declared}")
