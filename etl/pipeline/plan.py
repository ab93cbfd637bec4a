"""The stage `plan`: the files of a source, their checksums, and whether they are loaded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from etl.pipeline.fetch import fetch_file
from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import ExtractError
from geodata.queries.progress import read_lapsed_feeds
from geodata.tables import load

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class PlannedFile:
    """One file to load; `sha256` is that of its content, or of all files of a folder."""

    path: Path
    sha256: str


def find_files(
    declaration: SourceDeclaration,
    incoming: Path,
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
        return [fetch_file(declaration.url, incoming / declaration.key)]
    pattern = str(path or declaration.path)
    bases = [root] if root else [incoming]
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


def plan_file(path: Path) -> PlannedFile:
    """Return the file with its checksum; a folder's is over its files by name.

    Raises:
        ExtractError: it cannot be read.
    """
    digest = hashlib.sha256()
    members = (
        [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    )
    try:
        for member in members:
            if path.is_dir():
                digest.update(str(member.relative_to(path)).encode() + b"\0")
            with member.open("rb") as stream:
                while block := stream.read(_BLOCK_BYTES):
                    digest.update(block)
    except OSError as error:
        raise ExtractError(f"{path}: cannot be read: {error.strerror}") from error
    return PlannedFile(path, digest.hexdigest())


def is_loaded(connection: Connection, declaration: SourceDeclaration, sha256: str) -> bool:
    """Return whether this content is already in the database and need not be read again.

    A snapshot may return to an earlier content, so only its newest load counts; a file that changes
    nothing is recognised later.
    """
    loaded = (
        select(load.c.sha256)
        .where(load.c.source == declaration.key, load.c.status == "loaded")
        .order_by(load.c.load_id.desc())
    )
    if declaration.mode == "snapshot":
        return connection.execute(loaded.limit(1)).scalar_one_or_none() == sha256
    return connection.execute(loaded.where(load.c.sha256 == sha256).limit(1)).first() is not None


def is_due_again(
    connection: Connection, city: City, declaration: SourceDeclaration, sha256: str
) -> bool:
    """Return whether the days of this timetable have run out, so that the file yields new ones.

    Days fixed by the declaration stay as they are.
    """
    if declaration.format != "gtfs" or (declaration.expand and declaration.expand.starts_on):
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
