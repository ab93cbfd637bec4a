"""Keeps the content of timetables: of the one in force, and of those that begin later.

The next days of a timetable are made from its file, which may have been replaced by then; and one
that begins later has to be there on its first day.
"""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select

from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.clock import now
from geodata.queries.progress import read_lapsed_feeds
from geodata.tables import gtfs_feed, gtfs_stop, kept_feed, load, source_coverage

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold


@dataclass(frozen=True)
class Present:
    """The timetable in force: its load and content, and when its last service day ends."""

    load_id: int
    sha256: str
    speaks_from: date | None
    ends_at: datetime


def read_due(
    connection: Connection, declaration: SourceDeclaration, timezone: str
) -> SourceFile | None:
    """Return the kept file of a source whose time to be loaded has come."""
    if declaration.expand and declaration.expand.starts_on:
        return None
    sha256 = read_lapsed_feeds(connection, now(), timezone).get(declaration.key)
    c = kept_feed.c
    found = connection.execute(
        select(c.file, c.content).where(c.source == declaration.key, c.sha256 == sha256)
    ).first()
    return SourceFile(found.file, content=found.content) if found else None


def is_waiting(connection: Connection, source: str, sha256: str) -> bool:
    """Return whether a content is kept as upcoming."""
    c = kept_feed.c
    found = select(c.load_id).where(c.source == source, c.sha256 == sha256, c.is_upcoming)
    return connection.execute(found).first() is not None


def is_upcoming_load(connection: Connection, source: str, load_id: int) -> bool:
    """Return whether what a load brings has been kept as upcoming before."""
    return is_waiting(connection, source, read_checksum(connection, load_id))


def read_checksum(connection: Connection, load_id: int) -> str:
    """Return the checksum of what a load brings."""
    return str(
        connection.execute(select(load.c.sha256).where(load.c.load_id == load_id)).scalar_one()
    )


def read_present(connection: Connection, source: str) -> Present | None:
    """Return the timetable in force, if there is one."""
    c, ends_at = gtfs_feed.c, func.max(source_coverage.c.ends_at)
    statement = (
        select(c.load_id, load.c.sha256, c.speaks_from, ends_at)
        .join(load, load.c.load_id == c.load_id)
        .join(source_coverage, source_coverage.c.load_id == c.load_id)
        .where(c.source == source, c.retired_by.is_(None))
        .where(source_coverage.c.table_name == gtfs_stop.name)
        .group_by(c.load_id, load.c.sha256, c.speaks_from)
    )
    found = connection.execute(statement).first()
    return Present(*found) if found else None


def keep_upcoming(
    connection: Connection, source: str, load_id: int, file: SourceFile, starts_on: date
) -> None:
    """Keep a timetable for its first day; it replaces those that would begin then or later."""
    c = kept_feed.c
    later = delete(kept_feed).where(c.source == source, c.is_upcoming, c.starts_on >= starts_on)
    connection.execute(later)
    _keep(connection, source, load_id, file, starts_on, is_upcoming=True)


def keep_present(
    connection: Connection, source: str, load_id: int, file: SourceFile, starts_on: date
) -> None:
    """Keep the timetable that is now in force instead of the former one.

    Upcoming ones stay, but those that should have begun before this one are past.
    """
    c = kept_feed.c
    present = read_checksum(connection, load_id)
    begun = c.is_upcoming.is_(False) | (c.sha256 == present) | (c.starts_on <= starts_on)
    connection.execute(delete(kept_feed).where(c.source == source, begun))
    _keep(connection, source, load_id, file, starts_on, is_upcoming=False)


def _keep(
    connection: Connection,
    source: str,
    load_id: int,
    file: SourceFile,
    starts_on: date,
    *,
    is_upcoming: bool,
) -> None:
    connection.execute(
        insert(kept_feed).values(
            source=source,
            sha256=read_checksum(connection, load_id),
            load_id=load_id,
            file=file.name,
            starts_on=starts_on,
            is_upcoming=is_upcoming,
            content=_zipped(file),
        )
    )


def _zipped(file: SourceFile) -> bytes:
    """Return the content as one zip, a folder's always the same."""
    if not file.is_folder:
        return file.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in file.members():
            archive.writestr(zipfile.ZipInfo(member.name, _EPOCH), member.read_bytes())
    return buffer.getvalue()
