"""Opens a feed: a zip or a folder, its tables at the top or one folder down."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from etl.gtfs.fields import FILES
from geodata.errors import ExtractError

MAX_UNPACKED_BYTES = 4 << 30  # the largest national feeds unpack to about two thousand million


def read_feed_files(path: Path) -> Mapping[str, bytes]:
    """Return the bytes of the feed's files this program uses, keyed by GTFS file name.

    Raises:
        ExtractError: there is no such feed, it is not a zip, or it holds no GTFS table.
    """
    if not path.exists():
        raise ExtractError(f"{path}: no such file or folder")
    found = _read_folder(path) if path.is_dir() else _read_zip(path)
    if not found:
        raise ExtractError(f"{path.name}: no GTFS table at the top or one folder down")
    return found


def _read_folder(path: Path) -> dict[str, bytes]:
    names = [p.relative_to(path).as_posix() for p in sorted(path.rglob("*.txt")) if p.is_file()]
    return {name: (path / member).read_bytes() for name, member in _members(names).items()}


def _read_zip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive.namelist())
            _check_size(path, sum(archive.getinfo(member).file_size for member in members.values()))
            return {name: archive.read(member) for name, member in members.items()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise ExtractError(f"{path.name}: not a readable zip: {error}") from error


def _check_size(path: Path, unpacked_bytes: int) -> None:
    """Refuse a zip that would not fit into memory; no more is unpacked than it says it holds."""
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        raise ExtractError(
            f"{path.name}: unpacks to {unpacked_bytes:,} bytes, more than {MAX_UNPACKED_BYTES:,}"
        )


def _members(names: list[str]) -> dict[str, str]:
    """Map GTFS file names to members, taken from the shallowest folder that holds any."""
    paths = [p for p in map(PurePosixPath, names) if p.name in FILES and len(p.parts) <= 2]
    if not paths:
        return {}
    home = min((p.parent for p in paths), key=lambda folder: (len(folder.parts), str(folder)))
    return {p.name: str(p) for p in paths if p.parent == home}
