"""The rows of `ops.load`: what each load writes of itself, and those of refused files."""

from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from etl.ledger.findings import Finding, explain_refusal, keep_findings
from etl.outcome import FileLoad
from etl.pipeline.plan import PlannedFile
from etl.source.declaration import SourceDeclaration
from etl.source.freshness import parse_cadence
from geodata.clock import now
from geodata.errors import DatabaseError
from geodata.tables import load


def lock_source(connection: Connection, declaration: SourceDeclaration) -> None:
    """Let two loads of one source wait for each other, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(declaration.key))))


def load_values(
    declaration: SourceDeclaration, planned: PlannedFile, started_at: datetime, status: str
) -> dict[str, object]:
    """Return the row of a load whose counts are not known yet, or stay zero."""
    return _row(declaration, planned.file.name, planned.sha256, started_at, status) | {
        "declaration_sha256": planned.declaration_sha256,
        "file_path": planned.path_text,
        "declaration_path": str(declaration.file.resolve()) if declaration.file else None,
    }


def _row(
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
    values = _row(declaration, file, sha256, started_at, "refused")
    statement = insert(load).values(**values, message=message).returning(load.c.load_id)
    load_id = int(connection.execute(statement).scalar_one())
    keep_findings(connection, load_id, findings or explain_refusal(None, message, file))
    return FileLoad(declaration.key, file, "refused", load_id, message=message)


def reason_of(error: Exception) -> str:
    """Return the first line of the driver's own words."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
