"""Opens a feed: a zip or a folder, its tables at the top or one folder down."""

import zipfile
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from etl.gtfs.fields import FILES
from etl.gtfs.reference import KNOWN_FILES
from etl.ledger.findings import FaultyFileError, Finding

CALENDARS = ("calendar.txt", "calendar_dates.txt")
MAX_UNPACKED_BYTES = 4 << 30  # the largest national feeds unpack to about two thousand million


@dataclass(frozen=True)
class FeedFiles:
    """The bytes of the feed's files that are read, by GTFS name, and findings on its listing."""

    data: Mapping[str, bytes]
    notes: tuple[Finding, ...]


def read_feed_files(path: Path) -> FeedFiles:
    """Return the feed's files.

    Raises:
        FaultyFileError: there is no such feed, it is not a zip, or it holds no GTFS table.
    """
    if not path.exists():
        raise _unreadable(path, "no such file or folder", str(path))
    names, data = _read_folder(path) if path.is_dir() else _read_zip(path)
    notes = _describe(names)
    if not data:
        why = f"{path.name}: no GTFS table at the top or one folder down"
        raise FaultyFileError(why, [*missing_files(()), *notes])
    return FeedFiles(data, notes)


def missing_files(names: Container[str]) -> list[Finding]:
    """Return a finding for each file that every feed needs and this one lacks."""
    found = [
        Finding("missing_required_file", file)
        for file, rule in FILES.items()
        if rule.required and file not in names
    ]
    if not any(file in names for file in CALENDARS):
        found.append(Finding("missing_calendar_and_calendar_date_files", CALENDARS[0]))
    return found


def _describe(names: list[str]) -> tuple[Finding, ...]:
    """Return findings about which files there are, and where."""
    members = _members(names)
    nested = [Finding("invalid_input_files_in_subfolder", p) for p in members.values() if "/" in p]
    home = {str(PurePosixPath(member).parent) for member in members.values()} or {"."}
    tables = [p for p in map(PurePosixPath, names) if p.suffix == ".txt" and str(p.parent) in home]
    unknown = [Finding("unknown_file", str(p)) for p in tables if p.name not in KNOWN_FILES]
    return (*nested[:1], *unknown)


def _unreadable(path: Path, why: str, name: str | None = None) -> FaultyFileError:
    finding = Finding("i_o_error", path.name, detail=why)
    return FaultyFileError(f"{name or path.name}: {why}", [finding])


def _read_folder(path: Path) -> tuple[list[str], dict[str, bytes]]:
    names = [p.relative_to(path).as_posix() for p in sorted(path.rglob("*.txt")) if p.is_file()]
    return names, {name: (path / member).read_bytes() for name, member in _members(names).items()}


def _read_zip(path: Path) -> tuple[list[str], dict[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            members = _members(names)
            _check_size(path, sum(archive.getinfo(member).file_size for member in members.values()))
            return names, {name: archive.read(member) for name, member in members.items()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise _unreadable(path, f"not a readable zip: {error}") from error


def _check_size(path: Path, unpacked_bytes: int) -> None:
    """Refuse a zip that would not fit into memory; no more than it declares is unpacked."""
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        why = f"unpacks to {unpacked_bytes:,} bytes, more than {MAX_UNPACKED_BYTES:,}"
        raise _unreadable(path, why)


def _members(names: list[str]) -> dict[str, str]:
    """Map GTFS file names to members, taken from the shallowest folder that holds any."""
    paths = [p for p in map(PurePosixPath, names) if p.name in FILES and len(p.parts) <= 2]
    if not paths:
        return {}
    home = min((p.parent for p in paths), key=lambda folder: (len(folder.parts), str(folder)))
    return {p.name: str(p) for p in paths if p.parent == home}
