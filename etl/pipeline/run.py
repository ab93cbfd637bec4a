"""A source from its files to the database: a transaction a file, visible at once or not at all."""

import logging
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from etl.ledger.coverage import keep_coverage
from etl.ledger.findings import Finding, explain_refusal, keep_findings, summarise_rejects
from etl.ledger.rejected_rows import keep_rejected
from etl.load.records import driver
from etl.outcome import FileLoad, LoadOutcome, LoadResult
from etl.pipeline.destroy import destroy
from etl.pipeline.plan import (
    PlannedFile,
    find_files,
    is_due_again,
    is_loaded,
    plan_file,
    was_loaded_before,
)
from etl.pipeline.record_file import load_file
from etl.pipeline.whole_format import Loader, WholeFormat
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.freshness import parse_cadence
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import LOADS, announce
from geodata.errors import DatabaseError, LoadError, OperationsError
from geodata.space.districts import DistrictLocator, load_districts
from geodata.tables import district, load

_logger = logging.getLogger(__name__)


def load_source(
    engine: Engine,
    city: City,
    declaration: SourceDeclaration,
    path: str | Path | None = None,
    *,
    root: Path | None = None,
    locator: Locator | None = None,
    places: DataPlaces = NOWHERE,
) -> LoadResult:
    """Load every file of a source that is not loaded yet, and a timetable whose days have run out.

    `path` (file or glob) replaces the declared one; `root` is the folder it is relative to, by
    default the city's incoming folder and then that of the declaration. A file that cannot be used
    is refused as a whole: it leaves nothing but its row in `ops.load`, and the others go on.

    Raises:
        ExtractError: the source has no file there.
    """
    files = find_files(declaration, places.incoming, path, root)
    locator = locator or DistrictLocator.of_city(city)
    return LoadResult(
        tuple(_load_planned(engine, city, declaration, file, locator, places) for file in files)
    )


def _load_planned(
    engine: Engine,
    city: City,
    declaration: SourceDeclaration,
    path: Path,
    locator: Locator,
    places: DataPlaces,
) -> FileLoad:
    started_at = now()
    sha256 = ""
    caught: Exception
    try:
        planned = plan_file(SourceFile.at(path))
        sha256 = planned.sha256
        with engine.connect() as connection, connection.begin() as transaction:
            loader = _loader_of(declaration, places)
            result = _load_locked(
                connection, city, declaration, planned, locator, started_at, loader
            )
            if result.status == "already loaded":
                transaction.rollback()
        if declaration.reading.is_destroyed:
            destroy(path, sha256)
        return result
    except OperationsError as error:
        caught, message = error, str(error)
    except (SQLAlchemyError, psycopg.Error) as error:
        caught, message = error, f"{path}: {reason_of(error)}"
    except Exception as error:  # a fault of the program in one file must not stop the other sources
        _logger.exception("loading %s failed", path)
        caught = error
        message = f"{path}: unforeseen {type(error).__name__}: {reason_of(error)}"
    found = explain_refusal(caught, message, path.name)
    return refuse(engine, declaration, path.name, sha256, started_at, message, found)


def _load_locked(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    locator: Locator,
    started_at: datetime,
    loader: Loader,
) -> FileLoad:
    """Load one file, unless it is loaded already."""
    lock_source(connection, declaration)
    already = FileLoad(declaration.key, planned.file.name, "already loaded")
    if is_loaded(connection, declaration, planned.sha256) and not is_due_again(
        connection, city, declaration, planned.sha256
    ):
        return already
    load_id = open_load(connection, city, declaration, planned, started_at)
    outcome = loader(connection, city, declaration, planned.file, load_id, locator)
    if outcome.changes_nothing and was_loaded_before(
        connection, declaration, planned.sha256, load_id
    ):
        return already
    return close_load(connection, declaration, planned, load_id, outcome)


def _loader_of(declaration: SourceDeclaration, places: DataPlaces) -> Loader:
    reading = declaration.reading
    if isinstance(reading, WholeFormat):
        return reading.load
    return partial(load_file, places=places)


def lock_source(connection: Connection, declaration: SourceDeclaration) -> None:
    """Let two loads of one source wait for each other, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(declaration.key))))


def open_load(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    started_at: datetime,
) -> int:
    """Write the load's row first, because records refer to it; its counts follow."""
    if connection.execute(select(func.count()).select_from(district)).scalar_one() == 0:
        load_districts(connection, city)
    values = _load_values(declaration, planned.file.name, planned.sha256, started_at, "loaded")
    statement = insert(load).values(**values).returning(load.c.load_id)
    return int(connection.execute(statement).scalar_one())


def _load_values(
    declaration: SourceDeclaration, file: str, sha256: str, started_at: datetime, status: str
) -> dict[str, object]:
    cadence = parse_cadence(declaration.cadence)
    return {
        "source": declaration.key,
        "table_name": declaration.table,
        "file": file,
        "sha256": sha256,
        "status": status,
        "provenance": declaration.provenance,
        "owner": declaration.owner,
        "licence": declaration.licence,
        "expected_s": cadence.total_seconds() if cadence else None,
        "started_at": started_at,
        "finished_at": now(),
        "rows_in": 0,
        "rows_loaded": 0,
        "rows_rejected": 0,
        "records": 0,
    }


def close_load(
    connection: Connection,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    load_id: int,
    outcome: LoadOutcome,
) -> FileLoad:
    """Write counts, rejected rows, findings and coverage, and announce the load.

    Raises:
        LoadError: a row is neither loaded nor rejected; that is a fault of the program.
    """
    rejected = outcome.rejects.height
    if outcome.rows_in != outcome.rows_loaded + rejected:
        raise LoadError(
            f"{planned.file}: {outcome.rows_in} rows, but {outcome.rows_loaded} loaded "
            f"and {rejected} rejected"
        )
    keep_rejected(driver(connection), load_id, outcome.rejects)
    keep_findings(connection, load_id, outcome.findings or summarise_rejects(outcome.rejects))
    keep_coverage(connection, declaration, load_id, outcome.coverage)
    counts: dict[str, Any] = {
        "rows_in": outcome.rows_in,
        "rows_loaded": outcome.rows_loaded,
        "rows_rejected": rejected,
        "records": outcome.records,
    }
    connection.execute(
        update(load)
        .where(load.c.load_id == load_id)
        .values(
            **counts,
            finished_at=now(),
            event_from=outcome.event_from,
            event_to=outcome.event_to,
            stages=[stage.as_json() for stage in outcome.stages],
        )
    )
    announce(connection, LOADS, load_id=load_id, source=declaration.key, table=declaration.table)
    return FileLoad(
        declaration.key,
        planned.file.name,
        "loaded",
        load_id,
        stages=tuple(outcome.stages),
        **counts,
    )


def refuse(
    engine: Engine,
    declaration: SourceDeclaration,
    file: str,
    sha256: str,
    started_at: datetime,
    message: str,
    findings: tuple[Finding, ...] = (),
) -> FileLoad:
    """Record a refused file in a transaction of its own: the load's was rolled back.

    Raises:
        DatabaseError: not even that is possible.
    """
    try:
        with engine.begin() as connection:
            return keep_refusal(
                connection, declaration, file, sha256, started_at, message, findings
            )
    except SQLAlchemyError as error:
        raise DatabaseError(f"{message}; and the database: {reason_of(error)}") from error


def keep_refusal(
    connection: Connection,
    declaration: SourceDeclaration,
    file: str,
    sha256: str,
    started_at: datetime,
    message: str,
    findings: tuple[Finding, ...] = (),
) -> FileLoad:
    """Record a refused file in the caller's transaction."""
    values = _load_values(declaration, file, sha256, started_at, "refused")
    statement = insert(load).values(**values, message=message).returning(load.c.load_id)
    load_id = int(connection.execute(statement).scalar_one())
    keep_findings(connection, load_id, findings or explain_refusal(None, message, file))
    return FileLoad(declaration.key, file, "refused", load_id, message=message)


def reason_of(error: Exception) -> str:
    """Return the first line of the driver's own words."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
