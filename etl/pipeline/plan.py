"""The stage `plan`: the files of a source, their checksums, and whether they are loaded."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from etl.pipeline.fetch import fetch_file
from etl.pipeline.whole_format import WholeFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import ExtractError
from geodata.queries.progress import read_lapsed_feeds
from geodata.tables import load


@dataclass(frozen=True)
class PlannedFile:
    """One file to load; `sha256` is that of its content, or of all files of a folder."""

    file: SourceFile
    sha256: str


def find_files(
    declaration: SourceDeclaration,
    incoming: Path | None,
    path: str | Path | None = None,
    root: Path | None = None,
) -> list[Path]:
    """Return the files of a source in order of name.

    `path` replaces the declared one. A relative path or glob is looked for below `root` if given,
    else in the city's incoming folder and then beside the declaration. A `url` is fetched into the
    incoming folder, below the source's key.

    Raises:
        ExtractError: no file is there (the message names the places), or the address fails.
    """
    if declaration.url and path is None:
        if incoming is None:
            raise ExtractError(f"source {declaration.key}: no folder to fetch its file into")
        return [fetch_file(declaration.url, incoming / declaration.key)]
    pattern = str(path or declaration.path)
    bases = [base for base in (root or incoming,) if base]
    if root is None and declaration.file:
        bases.append(declaration.file.parent)
    if path is not None and root is None:
        bases.insert(0, Path.cwd())
    for base in bases:
        found = _glob(base, pattern)
        if found:
            return found
    looked = ", ".join(str(base / pattern) for base in bases)
    raise ExtractError(f"source {declaration.key}: no file {looked}")


def _glob(base: Path, pattern: str) -> list[Path]:
    whole = base / pattern
    if whole.exists():
        return [whole]
    anchor = Path(whole.anchor)
    return sorted(item for item in anchor.glob(str(whole.relative_to(anchor))) if item.is_file())


def plan_file(file: SourceFile) -> PlannedFile:
    """Return the file with its checksum.

    Raises:
        ExtractError: it cannot be read.
    """
    return PlannedFile(file, file.compute_sha256())


def is_loaded(connection: Connection, declaration: SourceDeclaration, sha256: str) -> bool:
    """Return whether this content is already in the database and need not be read again.

    A snapshot may return to an earlier content, so only its newest load counts, but of timetables
    any: several may lie side by side, of which one is in force. A file that changes nothing is
    recognised later.
    """
    reading = declaration.reading
    waits = reading.is_waiting if isinstance(reading, WholeFormat) else None
    if waits and waits(connection, declaration.key, sha256):
        return True
    loaded = (
        select(load.c.sha256)
        .where(load.c.source == declaration.key, load.c.status == "loaded")
        .order_by(load.c.load_id.desc())
    )
    if declaration.mode == "snapshot" and not reading.lapses:
        return connection.execute(loaded.limit(1)).scalar_one_or_none() == sha256
    return connection.execute(loaded.where(load.c.sha256 == sha256).limit(1)).first() is not None


def is_due_again(
    connection: Connection, city: City, declaration: SourceDeclaration, sha256: str
) -> bool:
    """Return whether the days of this timetable have run out, or its first day has come.

    Days fixed by the declaration stay as they are.
    """
    if not declaration.reading.lapses or (declaration.expand and declaration.expand.starts_on):
        return False
    return read_lapsed_feeds(connection, now(), city.timezone).get(declaration.key) == sha256


def was_loaded_before(
    connection: Connection, declaration: SourceDeclaration, sha256: str, load_id: int
) -> bool:
    """Return whether an earlier load than this one had the same content."""
    found = select(load.c.load_id).where(
        load.c.source == declaration.key,
        load.c.status == "loaded",
        load.c.sha256 == sha256,
        load.c.load_id < load_id,
    )
    return connection.execute(found.limit(1)).first() is not None
