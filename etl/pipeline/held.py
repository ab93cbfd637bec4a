"""Held loads: kept once, passed over until somebody accepts them or another load comes instead."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from etl.ledger.findings import keep_findings
from etl.outcome import FileLoad, HeldLoadError
from etl.pipeline.loads import load_values, lock_source, reason_of
from etl.pipeline.plan import PlannedFile
from etl.source.declaration import SourceDeclaration
from geodata.errors import DatabaseError
from geodata.tables import load

_HELD: Literal["held"] = "held"
_ACCEPTED, _SUPERSEDED = "accepted", "superseded"


def find_held(
    connection: Connection, declaration: SourceDeclaration, planned: PlannedFile
) -> FileLoad | None:
    """Return what became of this content, as the declaration reads it, if it is passed over.

    It is while it is held, and after a file at another place came instead: a file that is sent anew
    at its own place is judged anew.
    """
    later = load.alias()
    columns = (load.c.load_id, load.c.status, load.c.message, load.c.settled_by, later.c.file_path)
    query = (
        select(*columns)
        .outerjoin(later, later.c.load_id == load.c.settled_by)
        .where(load.c.source == declaration.key, _is_content(planned))
        .where(load.c.status.in_((_HELD, _SUPERSEDED)))
        .order_by(load.c.load_id.desc())
    )
    found = connection.execute(query.limit(1)).first()
    name = planned.file.name
    if found is None:
        return None
    if found.status == _HELD:
        return FileLoad(declaration.key, name, "held", found.load_id, message=found.message)
    if found.file_path == planned.path_text:
        return None
    message = f"held as load {found.load_id}; load {found.settled_by} came instead"
    return FileLoad(declaration.key, name, "already loaded", message=message)


def hold(
    engine: Engine,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    started_at: datetime,
    held: HeldLoadError,
) -> FileLoad:
    """Record a held load in a transaction of its own: the load's was rolled back.

    One content, read by one declaration, is one held load; an earlier one of a file at the same
    place is superseded by it.

    Raises:
        DatabaseError: that is not possible.
    """
    try:
        with engine.begin() as connection:
            lock_source(connection, declaration)
            known = find_held(connection, declaration, planned)
            if known is not None:
                return known
            values = load_values(declaration, planned, started_at, _HELD)
            statement = insert(load).values(**values, message=held.message)
            load_id = int(connection.execute(statement.returning(load.c.load_id)).scalar_one())
            keep_findings(connection, load_id, held.findings)
            before = _held_of(declaration) & (load.c.load_id != load_id) & _is_place(planned)
            connection.execute(
                update(load).where(before).values(status=_SUPERSEDED, settled_by=load_id)
            )
    except SQLAlchemyError as error:
        raise DatabaseError(f"{held.message}; and the database: {reason_of(error)}") from error
    return FileLoad(declaration.key, planned.file.name, _HELD, load_id, message=held.message)


def settle_held(
    connection: Connection, declaration: SourceDeclaration, planned: PlannedFile, load_id: int
) -> None:
    """Mark held loads that a load accepts (the same content), or that it supersedes.

    It supersedes those of its own place, and all where each file stands for the whole source. A
    piece of a live source, which lies nowhere, settles nothing.
    """
    if planned.path_text is None:
        return
    superseded = _held_of(declaration)
    if declaration.scope:
        superseded &= or_(_is_place(planned), _is_content(planned))
    status = case((_is_content(planned), _ACCEPTED), else_=_SUPERSEDED)
    connection.execute(update(load).where(superseded).values(status=status, settled_by=load_id))


def settle_restored(
    connection: Connection, declaration: SourceDeclaration, planned: PlannedFile
) -> None:
    """Mark held loads of a place where a content lies again that is loaded already."""
    standing = (
        select(load.c.load_id)
        .where(load.c.source == declaration.key, load.c.status == "loaded")
        .where(load.c.sha256 == planned.sha256)
        .order_by(load.c.load_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    gone = _held_of(declaration) & _is_place(planned)
    connection.execute(update(load).where(gone).values(status=_SUPERSEDED, settled_by=standing))


def _held_of(declaration: SourceDeclaration) -> ColumnElement[bool]:
    return and_(load.c.source == declaration.key, load.c.status == _HELD)


def _is_content(planned: PlannedFile) -> ColumnElement[bool]:
    return and_(
        load.c.sha256 == planned.sha256, load.c.declaration_sha256 == planned.declaration_sha256
    )


def _is_place(planned: PlannedFile) -> ColumnElement[bool]:
    return load.c.file_path == planned.path_text
