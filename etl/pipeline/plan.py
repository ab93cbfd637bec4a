"""The stage `plan`: the files of a source, their checksums, and whether their days ran out."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from etl.limits import check_file
from etl.pipeline.fetch import FILE_LIMITS, fetch_file
from etl.source.declaration import SourceDeclaration
from etl.source.digest import compute_digest
from etl.source.file import SourceFile
from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import ExtractError
from geodata.queries.progress import read_lapsed_feeds


@dataclass(frozen=True)
class PlannedFile:
    """One file to load, the checksum of its content, and that of what is said of its records.

    A folder's content is that of all its files.
    """

    file: SourceFile
    sha256: str
    declaration_sha256: str

    @property
    def path_text(self) -> str | None:
        """Where the file lies, whole, if it lies anywhere."""
        return None if self.file.path is None else str(self.file.path.resolve())


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
        most = replace(FILE_LIMITS, most_bytes=declaration.limits.most("file_mb"))
        return [fetch_file(declaration.url, incoming / declaration.key, most)]
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


def plan_file(
    file: SourceFile, declaration: SourceDeclaration, incoming: Path | None
) -> PlannedFile:
    """Return the file with its checksums.

    Raises:
        ExtractError: it cannot be read.
        LimitError: it is larger than any is read.
    """
    if file.is_there or file.is_folder:
        check_file(file, declaration.limits)
    return PlannedFile(file, file.compute_sha256(), compute_digest(declaration, incoming))


def is_due_again(
    connection: Connection, city: City, declaration: SourceDeclaration, sha256: str
) -> bool:
    """Return whether the days of this timetable have run out, or its first day has come.

    Days fixed by the declaration stay as they are.
    """
    if not declaration.reading.lapses or (declaration.expand and declaration.expand.starts_on):
        return False
    return read_lapsed_feeds(connection, now(), city.timezone).get(declaration.key) == sha256
