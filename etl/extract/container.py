"""Files that come packed: gzip, and a zip that holds one file of the declared format.

A zip that was made on a Mac has a folder `__MACOSX` of shadows, and many have a folder around their
files; neither makes a file another one.
"""

import gzip
import zlib
from collections.abc import Iterable
from typing import IO, cast

from etl.extract.signature import GZIP, ZIP
from etl.extract.zip_archive import open_zip, read_most
from etl.limits import Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

_OFFICE = ("[Content_Types].xml", "mimetype")


def unpack(file: SourceFile, suffixes: tuple[str, ...], limits: Limits) -> SourceFile:
    """Return the one file of these suffixes that a gzip or zip file holds, or the file itself.

    Raises:
        ExtractError: it is damaged, encrypted or too large, or holds no or several such files.
    """
    with file.open() as stream:
        head = stream.read(len(ZIP))
    if head.startswith(GZIP):
        return _gunzip(file, limits)
    if head != ZIP:
        return file
    with open_zip(file, limits) as archive:
        if any(name in _OFFICE for name in archive.files):
            return file
        name = _choose(file, archive.files, suffixes)
        content = archive.read(name)
    return SourceFile(f"{file}/{name}", content=content)


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


def _gunzip(file: SourceFile, limits: Limits) -> SourceFile:
    try:
        with file.open() as raw, gzip.open(raw) as stream:
            content = read_most(file, cast("IO[bytes]", stream), file.size, limits)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ExtractError(f"{file}: the gzip file is damaged: {error}") from None
    if content[257:262] == b"ustar":
        raise ExtractError(f"{file}: this is a tar archive in gzip; unpack it")
    return SourceFile(str(file), content=content)
