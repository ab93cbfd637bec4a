"""Opens a feed: a zip or a folder, its tables at the top or in one folder."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from etl.extract.signature import recognise
from etl.extract.zip_archive import open_zip
from etl.gtfs.fields import FILES
from etl.gtfs.reference import KNOWN_FILES
from etl.ledger.findings import FaultyFileError, Finding
from etl.limits import DEFAULTS, LimitError, Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

CALENDARS = ("calendar.txt", "calendar_dates.txt")
_ZIP_MARK = b"PK"
_SHOWN_NAMES = 6


@dataclass(frozen=True)
class FeedFiles:
    """The bytes of the feed's files by GTFS name, and findings on its listing.

    `data` are the files that are read, `others` those that the standard knows beside them.
    """

    data: Mapping[str, bytes]
    others: Mapping[str, bytes]
    notes: tuple[Finding, ...]


def read_feed_files(
    file: SourceFile, limits: Limits = DEFAULTS, *, is_inner: bool = False
) -> FeedFiles:
    """Return the feed's files; a zip inside a zip is opened once (`is_inner`), not without end.

    Raises:
        FaultyFileError: there is no such feed, it is not a zip, it holds no GTFS table or those of
            several feeds.
    """
    if not (file.is_there or file.is_folder):
        raise _unreadable(file, "no such file or folder", str(file))
    names, data = _read_folder(file) if file.is_folder else _read_zip(file, limits)
    inner = [] if any(name in FILES for name in data) else _inner_zips(names)
    if inner and not is_inner:
        return _read_inner(file, inner, limits)
    notes = _describe(names)
    used = {name: content for name, content in data.items() if name in FILES}
    if not used:
        raise _without_table(file, names, notes)
    return FeedFiles(used, {name: data[name] for name in data.keys() - used.keys()}, notes)


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


def _without_table(
    file: SourceFile, names: list[str], notes: tuple[Finding, ...]
) -> FaultyFileError:
    """Return the refusal of what holds no table, with what it is or holds instead."""
    what = "" if file.is_folder else recognise(file.read_bytes())
    if what and not what.endswith("zip"):
        return _unreadable(file, f"no GTFS table: this is {what}")
    held = sorted(str(_path(name)) for name in _visible(names) if not name.endswith("/"))
    misspelt = [name for name in held if _path(name).name.lower() in FILES]
    why = "no GTFS table at the top or in a folder"
    if misspelt:
        why = f"GTFS names its tables in small letters, not {_listed(misspelt)}"
    elif held:
        why += f"; it holds {_listed(held)}"
    return FaultyFileError(f"{file.name}: {why}", [*missing_files(()), *notes])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN_NAMES]) + (" ..." if len(names) > _SHOWN_NAMES else "")


def _inner_zips(names: list[str]) -> list[str]:
    return sorted(name for name in _visible(names) if name.lower().endswith(".zip"))


def _read_inner(file: SourceFile, inner: list[str], limits: Limits) -> FeedFiles:
    """Return the feed of the one zip inside; several are several feeds, each with its own ids."""
    if len(inner) > 1 or file.is_folder:
        why = f"holds zips, not tables: {', '.join(inner)}; each needs a source of its own"
        finding = Finding("zip_of_zips", file.name, detail=", ".join(inner))
        raise FaultyFileError(f"{file.name}: {why}", [finding])
    with open_zip(file, limits) as archive:
        within = SourceFile(f"{file.name}/{inner[0]}", content=archive.read(inner[0]))
    found = read_feed_files(within, limits, is_inner=True)
    note = Finding("invalid_input_files_in_subfolder", inner[0])
    return FeedFiles(found.data, found.others, (note, *found.notes))


def _describe(names: list[str]) -> tuple[Finding, ...]:
    """Return findings about which files there are, and where."""
    members = _members(names)
    nested = [Finding("invalid_input_files_in_subfolder", p) for p in members.values() if "/" in p]
    home = {str(_path(member).parent) for member in members.values()} or {"."}
    tables = [p for p in map(_path, _visible(names)) if p.suffix == ".txt"]
    unknown = [
        Finding("unknown_file", str(p))
        for p in tables
        if str(p.parent) in home and p.name not in KNOWN_FILES
    ]
    return (*nested[:1], *unknown)


def _unreadable(file: SourceFile, why: str, name: str | None = None) -> FaultyFileError:
    finding = Finding("i_o_error", file.name, detail=why)
    return FaultyFileError(f"{name or file.name}: {why}", [finding])


def _read_folder(file: SourceFile) -> tuple[list[str], dict[str, bytes]]:
    found = {each.name: each for each in file.members()}
    names = list(found)
    return names, {name: found[path].read_bytes() for name, path in _members(names).items()}


def _read_zip(file: SourceFile, limits: Limits) -> tuple[list[str], dict[str, bytes]]:
    try:
        with open_zip(file, limits) as archive:
            members = _members(archive.names)
            archive.check_sizes(list(members.values()))
            found = {name: archive.read(member) for name, member in members.items()}
            return archive.names, found
    except (LimitError, FaultyFileError):
        raise
    except ExtractError as error:
        with file.open() as stream:
            is_zip = stream.read(len(_ZIP_MARK)) == _ZIP_MARK
        what = "" if is_zip else recognise(file.read_bytes())
        said = str(error).removeprefix(f"{file}: ")
        cause = f"this is {what}" if what else f"damaged or cut short: {said}"
        raise _unreadable(file, f"not a readable zip: {cause}") from error


def _path(name: str) -> PurePosixPath:
    """Return a member's path; some archivers of Windows write backslashes."""
    return PurePosixPath(name.replace("\\", "/"))


def _visible(names: list[str]) -> list[str]:
    """Return the members that are files of the feed, not an archiver's notes about them."""
    return [
        name
        for name in names
        if "__MACOSX" not in _path(name).parts and not _path(name).name.startswith("._")
    ]


def _members(names: list[str]) -> dict[str, str]:
    """Map GTFS file names to members, taken from the shallowest folder that holds any.

    Raises:
        FaultyFileError: folders side by side hold a whole feed each.
    """
    homes: dict[PurePosixPath, dict[str, str]] = {}
    for name in _visible(names):
        path = _path(name)
        if path.name in KNOWN_FILES:
            homes.setdefault(path.parent, {})[path.name] = name
    homes = {home: files for home, files in homes.items() if files.keys() & FILES.keys()}
    if not homes:
        return {}
    depth = min(len(home.parts) for home in homes)
    side_by_side = {home: files for home, files in homes.items() if len(home.parts) == depth}
    whole = sorted(str(home) for home, files in side_by_side.items() if not missing_files(files))
    if len(whole) > 1:
        why = f"several feeds side by side: {', '.join(whole)}; each needs a source of its own"
        raise FaultyFileError(why, [Finding("several_feeds", home) for home in whole])
    chosen = min(side_by_side, key=lambda home: (len(missing_files(side_by_side[home])), str(home)))
    return side_by_side[chosen]
