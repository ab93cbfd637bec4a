"""Files that come packed: gzip, and a zip that holds one file of the declared format.

A zip that was made on a Mac has a folder `__MACOSX` of shadows, and many have a folder around their
files; neither makes a file another one.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterable
from typing import IO, cast

from etl.extract.signature import GZIP, ZIP
from etl.source.file import SourceFile
from geodata.errors import ExtractError

MOST_BYTES = 2 << 30
_BLOCK_BYTES = 1 << 20
_OFFICE = ("[Content_Types].xml", "mimetype")
_SHADOWS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_UTF8_NAMES = 0x800
_ENCRYPTED = 0x1


def unpack(file: SourceFile, suffixes: tuple[str, ...]) -> SourceFile:
    """Return the one file of these suffixes that a gzip or zip file holds, or the file itself.

    Raises:
        ExtractError: it is damaged, encrypted or too large, or holds no or several such files.
    """
    with file.open() as stream:
        head = stream.read(len(ZIP))
    if head.startswith(GZIP):
        return _gunzip(file)
    if head != ZIP:
        return file
    with open_zip(file) as archive:
        entries = list_entries(archive)
        if any(entry.filename in _OFFICE for entry in entries.values()):
            return file
        name = _choose(file, list(entries), suffixes)
        content = read_entry(file, archive, entries[name])
    return SourceFile(f"{file}/{name}", content=content)


def open_zip(file: SourceFile) -> zipfile.ZipFile:
    """Return a zip opened.

    Raises:
        ExtractError: it is damaged.
    """
    try:
        return zipfile.ZipFile(file.for_library())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ExtractError(f"{file}: the zip is damaged: {error}") from None


def list_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a zip by their names, without what systems put beside them."""
    found = {}
    for entry in archive.infolist():
        name = _name(entry)
        last = name.rpartition("/")[2]
        if last and not last.startswith("._") and not name.startswith(_SHADOWS[0]):
            found[name] = entry
    return {name: each for name, each in found.items() if not name.endswith(_SHADOWS[1:])}


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name; Chinese Windows writes it in GBK and Macs in UTF-8, unmarked."""
    if entry.flag_bits & _UTF8_NAMES or entry.filename.isascii():
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _choose(file: SourceFile, names: list[str], suffixes: tuple[str, ...]) -> str:
    fitting = [name for name in names if name.lower().endswith(suffixes)]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        raise ExtractError(f"{file}: the zip holds several files: {listed(fitting)}")
    raise ExtractError(f"{file}: {describe_contents(names)}, and no {' or '.join(suffixes)} file")


def describe_contents(names: list[str]) -> str:
    """Return in words what a zip holds instead of what was sought."""
    zips = [name for name in names if name.lower().endswith(".zip")]
    if zips:
        return f"the zip holds zips: {listed(zips)}"
    return f"the zip holds {listed(names) if names else 'nothing'}"


def listed(names: Iterable[str]) -> str:
    """Return names in one line, the first twenty of them."""
    ordered = sorted(names)
    return ", ".join(ordered[:20]) + (", ..." if len(ordered) > 20 else "")


def read_entry(file: SourceFile, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return one file of a zip.

    Raises:
        ExtractError: it is encrypted, damaged or too large.
    """
    if entry.flag_bits & _ENCRYPTED:
        raise ExtractError(f"{file}: the zip is encrypted")
    try:
        with archive.open(entry) as stream:
            return _read_most(file, stream)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ExtractError(f"{file}: the zip is damaged: {error}") from None


def _gunzip(file: SourceFile) -> SourceFile:
    try:
        with file.open() as raw, gzip.open(raw) as stream:
            content = _read_most(file, cast("IO[bytes]", stream))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ExtractError(f"{file}: the gzip file is damaged: {error}") from None
    if content[257:262] == b"ustar":
        raise ExtractError(f"{file}: this is a tar archive in gzip; unpack it")
    return SourceFile(str(file), content=content)


def _read_most(file: SourceFile, stream: IO[bytes]) -> bytes:
    """Read a stream to its end: what a file says of its unpacked size may be a lie."""
    blocks = []
    total = 0
    while block := stream.read(_BLOCK_BYTES):
        total += len(block)
        if total > MOST_BYTES:
            raise ExtractError(f"{file}: unpacks to more than {MOST_BYTES >> 20} MB")
        blocks.append(block)
    return b"".join(blocks)
