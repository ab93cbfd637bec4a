"""A zip opened with care: what it says of itself is checked first, and counted while it is read.

A small zip can say that it holds millions of files, let many of them share the same packed bytes,
pack gigabytes of zeros, or pack in a way whose reader cannot be stopped half way.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from etl.limits import MB, Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

_BLOCK_BYTES = 1 << 20
_FREE_BYTES = 64 * MB  # so much may be packed as well as it likes
_UTF8_NAMES, _ENCRYPTED = 0x800, 0x1
_STOPPABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER_BYTES, _ENTRY_BYTES = 30, 1024  # of the directory, for each file: 46 and its name
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_TAIL_BYTES = 22 + 0xFFFF + 20 + 56
_SHADOWS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


class ZipArchive:
    """The files of a zip by their names, read within one budget."""

    def __init__(self, file: SourceFile, archive: zipfile.ZipFile, limits: Limits) -> None:
        """Check the directory.

        Raises:
            ExtractError: names lead out of the zip or are there twice, or files overlap.
        """
        self._file, self._archive, self._limits = file, archive, limits
        self._taken = 0
        self._infos = _by_name(file, archive.infolist())
        _check_places(file, archive)

    @property
    def names(self) -> list[str]:
        """The names of all its entries, folders and shadows included."""
        return list(self._infos)

    @property
    def files(self) -> list[str]:
        """The names of its files, without what systems put beside them."""
        return [name for name, info in self._infos.items() if not info.is_dir() and _counts(name)]

    def read(self, name: str) -> bytes:
        """Return one file.

        Raises:
            ExtractError: it is encrypted, damaged, or packed in another way than all zips are.
            LimitError: it unpacks to more than is read.
        """
        info, called = self._infos[name], f"{self._file}/{name}"
        if info.flag_bits & _ENCRYPTED:
            raise ExtractError(f"{self._file}: the zip is encrypted")
        if info.compress_type not in _STOPPABLE:
            raise ExtractError(f"{called}: packed in an unusual way; zip it with deflate")
        self.check_sizes([name])
        try:
            with self._archive.open(info) as stream:
                content = read_most(
                    called, stream, info.compress_size, self._limits, taken=self._taken
                )
        except DAMAGED as error:
            raise ExtractError(f"{self._file}: the zip is damaged: {error}") from None
        self._taken += len(content)
        return content

    def check_sizes(self, names: list[str]) -> None:
        """Refuse a zip that says itself that some of its files unpack to more than is read.

        Raises:
            LimitError: it does.
        """
        total = self._taken + sum(self._infos[name].file_size for name in names)
        said = f"unpacks to {total:,} bytes"
        self._limits.check(self._file, "unpacked_mb", total, said)


@contextmanager
def open_zip(file: SourceFile, limits: Limits) -> Iterator[ZipArchive]:
    """Open a zip.

    Raises:
        ExtractError: it is damaged, or nothing to trust.
        LimitError: it holds too many files.
    """
    _check_directory(file, limits)
    try:
        archive = zipfile.ZipFile(file.for_library())
    except DAMAGED as error:
        raise ExtractError(f"{file}: the zip is damaged: {error}") from None
    with archive:
        count = len(archive.infolist())
        limits.check(file, "entries", count, f"the zip holds {count:,} files")
        yield ZipArchive(file, archive, limits)


def read_most(
    called: object, stream: IO[bytes], packed_bytes: int, limits: Limits, taken: int = 0
) -> bytes:
    """Read a stream to its end: what a file says of its unpacked size may be a lie.

    Raises:
        LimitError: there is more than is read, or it is packed as no data are.
    """
    content = io.BytesIO()
    while block := stream.read(_BLOCK_BYTES):
        content.write(block)
        total = content.tell()
        if taken + total > limits.most("unpacked_mb"):
            raise limits.beyond(called, "unpacked_mb", "unpacks to more than is read")
        if total > _FREE_BYTES and total > limits.ratio * max(packed_bytes, 1):
            said = f"unpacks to more than {limits.ratio} times its {packed_bytes:,} bytes"
            raise limits.beyond(called, "ratio", said)
    return content.getvalue()


def _check_directory(file: SourceFile, limits: Limits) -> None:
    """Refuse a directory that is too long, before it is read: its own count may be a lie."""
    with file.open() as stream:
        stream.seek(max(file.size - _TAIL_BYTES, 0))
        tail = stream.read(_TAIL_BYTES)
    at, at_64 = tail.rfind(_END), tail.rfind(_END_64)
    said = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at_64 >= 0:
        said = int.from_bytes(tail[at_64 + 40 : at_64 + 48], "little")
    if min(said, file.size) > limits.entries * _ENTRY_BYTES:
        raise limits.beyond(file, "entries", f"the zip's directory has {said:,} bytes")


def _by_name(file: SourceFile, infos: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _name(info)
        if _leads_out(name) or "\0" in info.orig_filename:
            raise ExtractError(f"{file}: the name {name!r} leads out of the zip")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ExtractError(f"{file}: {name} is a link, not a file")
        if name in found:
            raise ExtractError(f"{file}: the zip holds two files named {name}")
        found[name] = info
    return found


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"


def _counts(name: str) -> bool:
    last = name.rpartition("/")[2]
    is_shadow = last.startswith("._") or name.startswith(_SHADOWS[0]) or name.endswith(_SHADOWS[1:])
    return bool(last) and not is_shadow


def _check_places(file: SourceFile, archive: zipfile.ZipFile) -> None:
    """Refuse files that share packed bytes: so a small zip holds any number of large files."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise ExtractError(f"{file}: {_name(info)} overlaps another file of the zip")
        name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAMES else "cp437")
        end = info.header_offset + _LOCAL_HEADER_BYTES + len(name) + info.compress_size


def _name(info: zipfile.ZipInfo) -> str:
    """Return a file's name; Chinese Windows writes it in GBK and Macs in UTF-8, unmarked."""
    if info.flag_bits & _UTF8_NAMES or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
