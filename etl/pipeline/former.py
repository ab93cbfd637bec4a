"""Whether a file is loaded as its declaration now says, and what was made of it before."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from etl.load.former import FormerLoad
from etl.pipeline.plan import PlannedFile
from etl.pipeline.whole_format import WholeFormat
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import RECORD_TYPES
from geodata.tables import load, source_coverage

_LOADED = load.c.status == "loaded"


def is_loaded(
    connection: Connection,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    *,
    is_last: bool = True,
) -> bool:
    """Return whether this content is in the database as its declaration now reads it.

    Its newest load must have been made by the same declaration; one from before that was kept
    counts, whatever its declaration was. A snapshot may return to an earlier content, so only the
    newest load of the source counts, unless it is one of several whole files and not the last of
    them; of timetables any counts: several may lie side by side, of which one is in force. Any
    other file may be corrected and corrected back, so a later content at the same place counts
    against it. A file that changes nothing is recognised later.
    """
    reading = declaration.reading
    waits = reading.is_waiting if isinstance(reading, WholeFormat) else None
    if waits and waits(connection, declaration.key, planned.sha256):
        return True
    is_whole = declaration.mode == "snapshot" and not reading.lapses
    may_return = is_whole and (is_last or bool(declaration.scope))
    columns = (load.c.load_id, load.c.file_path, load.c.sha256, load.c.declaration_sha256)
    mine = select(*columns).where(load.c.source == declaration.key, _LOADED)
    newest = mine.order_by(load.c.load_id.desc()).limit(1)
    if not may_return:
        newest = newest.where(load.c.sha256 == planned.sha256)
    found = connection.execute(newest).first()
    if found is None or found.sha256 != planned.sha256:
        return False
    if found.declaration_sha256 not in (None, planned.declaration_sha256):
        return False
    later = and_(
        load.c.file_path == found.file_path,  # never where none is known
        load.c.load_id > found.load_id,
        load.c.sha256 != found.sha256,
    )
    return connection.execute(mine.where(later).limit(1)).first() is None


def was_loaded_before(
    connection: Connection, declaration: SourceDeclaration, planned: PlannedFile, load_id: int
) -> bool:
    """Return whether an earlier load than this one had the same content and declaration."""
    found = select(load.c.load_id).where(
        load.c.source == declaration.key,
        _LOADED,
        load.c.sha256 == planned.sha256,
        _same_declaration(planned),
        load.c.load_id < load_id,
    )
    return connection.execute(found.limit(1)).first() is not None


def read_former(connection: Connection, load_id: int) -> list[FormerLoad]:
    """Return the loads of the content of a load that were made by another declaration."""
    new = load.alias()
    query = (
        select(load.c.load_id, load.c.event_from, load.c.event_to)
        .join(
            new,
            and_(
                new.c.source == load.c.source,
                new.c.sha256 == load.c.sha256,
                new.c.declaration_sha256 != load.c.declaration_sha256,
                new.c.load_id > load.c.load_id,
            ),
        )
        .where(new.c.load_id == load_id, _LOADED)
        .order_by(load.c.load_id)
    )
    return [
        FormerLoad(row.load_id, row.event_from, row.event_to) for row in connection.execute(query)
    ]


def retire_elsewhere(
    connection: Connection, declaration: SourceDeclaration, load_id: int, former: Sequence[int]
) -> None:
    """Retire what the source has in tables that its declaration does not fill any more.

    A whole file stands for all of its source, any other for what was made of it before. Tables that
    a format fills by itself are left to it.
    """
    mine = and_(load.c.source == declaration.key, load.c.table_name != declaration.table, _LOADED)
    is_whole = declaration.mode == "snapshot"
    if not is_whole:
        mine &= load.c.load_id.in_(former)
    for name in connection.scalars(select(load.c.table_name).where(mine).distinct()).all():
        record_type = RECORD_TYPES.get(name)
        tables = [source_coverage]
        if record_type and record_type.has_table and record_type.is_mapped:
            tables.append(record_type.table)
        for table in tables:
            old = and_(table.c.source == declaration.key, table.c.retired_by.is_(None))
            if not is_whole:
                old &= table.c.load_id.in_(former)
            if table is source_coverage:
                old &= source_coverage.c.table_name == name
            connection.execute(update(table).where(old).values(retired_by=load_id))


def _same_declaration(planned: PlannedFile) -> ColumnElement[bool]:
    known = load.c.declaration_sha256
    return or_(known.is_(None), known == planned.declaration_sha256)
