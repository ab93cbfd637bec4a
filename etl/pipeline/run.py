"""A source from its files to the database: a transaction a file, visible at once or not at all."""

import logging
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from etl.ledger.coverage import keep_coverage, retire_coverage
from etl.ledger.findings import explain_refusal, keep_findings, summarise_rejects
from etl.ledger.rejected_rows import keep_rejected
from etl.load.records import driver
from etl.outcome import FileLoad, HeldLoadError, LoadOutcome, LoadResult, Status
from etl.pipeline.destroy import destroy
from etl.pipeline.former import is_loaded, read_former, retire_elsewhere, was_loaded_before
from etl.pipeline.held import find_held, hold, settle_held, settle_restored
from etl.pipeline.loads import load_values, lock_source, reason_of, refuse
from etl.pipeline.plan import PlannedFile, find_files, is_due_again, plan_file
from etl.pipeline.record_file import load_file
from etl.pipeline.whole_format import Loader, WholeFormat
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import LOADS, announce
from geodata.errors import ExtractError, LoadError, OperationsError
from geodata.space.districts import DistrictLocator, load_districts
from geodata.tables import district, load
from geodata.traces import trace_of

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
    is refused as a whole: it leaves nothing but its row in `ops.load`, and the others go on. Last
    comes what is due of the files that were kept, though none of those there is it.

    Raises:
        ExtractError: the source has no file there, and nothing is due.
    """
    locator = locator or DistrictLocator.of_city(city)

    def load_planned(file: SourceFile, *, is_last: bool) -> FileLoad:
        return _load_planned(engine, city, declaration, file, locator, places, is_last=is_last)

    try:
        found = find_files(declaration, places.incoming, path, root)
    except ExtractError:
        due = load_due(engine, city, declaration, locator, places)
        if due is None:
            raise
        return LoadResult((due,))
    done = [load_planned(SourceFile.at(each), is_last=each == found[-1]) for each in found]
    due = load_due(engine, city, declaration, locator, places)
    return LoadResult((*done, *([due] if due else [])))


def load_due(
    engine: Engine,
    city: City,
    declaration: SourceDeclaration,
    locator: Locator | None = None,
    places: DataPlaces = NOWHERE,
) -> FileLoad | None:
    """Load what was kept of a source and is due now, though its file may be gone; None if nothing.

    So a timetable that begins later takes effect on its first day, and the next days of the one in
    force are made.
    """
    reading = declaration.reading
    if not isinstance(reading, WholeFormat) or reading.read_due is None:
        return None
    with engine.connect() as connection:
        due = reading.read_due(connection, declaration, city.timezone)
    if due is None:
        return None
    locator = locator or DistrictLocator.of_city(city)
    return _load_planned(engine, city, declaration, due, locator, places, is_last=True)


def _load_planned(
    engine: Engine,
    city: City,
    declaration: SourceDeclaration,
    file: SourceFile,
    locator: Locator,
    places: DataPlaces,
    *,
    is_last: bool,
) -> FileLoad:
    started_at = now()
    sha256 = ""
    caught: Exception
    try:
        planned = plan_file(file, declaration, places.incoming)
        sha256 = planned.sha256
        with engine.begin() as connection:
            loader = _loader_of(declaration, places)
            result = _load_locked(
                connection, city, declaration, planned, locator, started_at, loader, is_last=is_last
            )
        if declaration.reading.is_destroyed and file.path and result.status != "held":
            destroy(file.path, sha256)
        return result
    except HeldLoadError as held:
        return hold(engine, declaration, planned, started_at, held)
    except OperationsError as error:
        caught, message = error, str(error)
    except (SQLAlchemyError, psycopg.Error) as error:
        caught, message = error, f"{file}: {reason_of(error)}"
    except Exception as error:  # a fault of the program in one file must not stop the other sources
        _logger.error("loading %s failed: %s", file, trace_of(error))
        caught = error
        message = f"{file}: unforeseen {type(error).__name__}: {reason_of(error)}"
    found = explain_refusal(caught, message, file.name)
    return refuse(engine, declaration, file.name, sha256, started_at, message, found)


def _load_locked(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    planned: PlannedFile,
    locator: Locator,
    started_at: datetime,
    loader: Loader,
    *,
    is_last: bool,
) -> FileLoad:
    """Load one file, unless it is loaded already."""
    lock_source(connection, declaration)
    already = FileLoad(declaration.key, planned.file.name, "already loaded")
    if is_loaded(connection, declaration, planned, is_last=is_last) and not is_due_again(
        connection, city, declaration, planned.sha256
    ):
        settle_restored(connection, declaration, planned)
        return already
    passed_over = find_held(connection, declaration, planned)
    if passed_over and not declaration.is_accepted:
        return passed_over
    with connection.begin_nested() as attempt:
        load_id = open_load(connection, city, declaration, planned, started_at)
        outcome = loader(connection, city, declaration, planned.file, load_id, locator)
        if outcome.changes_nothing and was_loaded_before(connection, declaration, planned, load_id):
            attempt.rollback()
            return already
        return close_load(connection, declaration, planned, load_id, outcome)


def _loader_of(declaration: SourceDeclaration, places: DataPlaces) -> Loader:
    reading = declaration.reading
    if isinstance(reading, WholeFormat):
        return reading.load
    return partial(load_file, places=places)


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
    values = load_values(declaration, planned, started_at, "loaded")
    statement = insert(load).values(**values).returning(load.c.load_id)
    return int(connection.execute(statement).scalar_one())


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
    status: Status = "upcoming" if outcome.is_upcoming else "loaded"
    if status == "loaded":  # an upcoming one takes the place of nothing yet
        former = [each.load_id for each in read_former(connection, load_id)]
        retire_coverage(connection, former, load_id)
        if planned.path_text is not None and (former or declaration.mode == "snapshot"):
            retire_elsewhere(connection, declaration, load_id, former)
    keep_coverage(connection, declaration, load_id, outcome.coverage)
    settle_held(connection, declaration, planned, load_id)
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
            status=status,
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
        status,
        load_id,
        stages=tuple(outcome.stages),
        **counts,
    )
