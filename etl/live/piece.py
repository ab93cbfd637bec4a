"""Loads new data of a live source: one load, with the progress, in one transaction."""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine

from etl.ledger.rejected_rows import SCHEMA, keep_rejected
from etl.live.progress import Advance, keep_event
from etl.load.records import driver
from etl.outcome import FileLoad, LoadOutcome
from etl.pipeline.plan import PlannedFile
from etl.pipeline.record_file import load_file
from etl.pipeline.run import close_load, keep_refusal, lock_source, open_load
from etl.source.declaration import SourceDeclaration
from etl.source.live import LiveRule
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now

FileLoader = Callable[[Connection, City, SourceDeclaration, Path, int, Locator], LoadOutcome]
_LOAD_RECORDS: FileLoader = partial(load_file, is_piece=True)


@dataclass(frozen=True)
class LiveSource:
    """The source, city and database that pieces of one live source are loaded into."""

    engine: Engine
    city: City
    declaration: SourceDeclaration
    rule: LiveRule
    locator: Locator


@dataclass(frozen=True)
class Piece:
    """New data: bytes under a file's name, and the number of the file's lines before them."""

    name: str
    content: bytes
    lines_before: int = 0
    tells_of_source: bool = True  # else concluded by the program, not received


def load_piece(
    target: LiveSource, piece: Piece, advance: Advance | None, loader: FileLoader = _LOAD_RECORDS
) -> FileLoad:
    """Load a piece and, in the same transaction, the progress of reading it.

    Raises:
        OvertakenError: another process has loaded it.
        OperationsError: nothing of the piece can be used.
        SQLAlchemyError: the database refused it, or is gone.
    """
    started_at = now()
    declaration = target.declaration
    with tempfile.TemporaryDirectory(prefix="occ-live-") as folder:
        path = Path(folder) / piece.name
        path.write_bytes(piece.content)
        planned = PlannedFile(path, hashlib.sha256(piece.content).hexdigest())
        with target.engine.begin() as connection:
            lock_source(connection, declaration)
            if advance:
                advance.check(connection)
            load_id = open_load(connection, target.city, declaration, planned, started_at)
            outcome = loader(connection, target.city, declaration, path, load_id, target.locator)
            outcome = replace(outcome, rejects=_renumbered(outcome.rejects, piece.lines_before))
            done = close_load(connection, declaration, planned, load_id, outcome)
            if piece.tells_of_source:
                keep_event(connection, declaration.key, target.rule, outcome.event_to)
            if advance:
                advance.keep(connection)
    return done


def _renumbered(rejects: pl.DataFrame, lines_before: int) -> pl.DataFrame:
    """Count rows, including those that a reason names, from the file's first line."""

    def move(reason: str) -> str:
        return re.sub(r"\brow (\d+)", lambda found: f"row {int(found[1]) + lines_before}", reason)

    reasons = pl.Series("reason", [move(each) for each in rejects["reason"]], dtype=pl.String)
    return rejects.with_columns(pl.col("row_number") + lines_before, reasons)


def refuse_piece(target: LiveSource, piece: Piece, advance: Advance, message: str) -> FileLoad:
    """Record an unusable piece as a refused load with its text, and advance.

    Load, text and progress are one transaction, so that it is refused once.

    Raises:
        OvertakenError: another process has refused it.
        SQLAlchemyError: the database is gone.
    """
    started_at = now()
    sha256 = hashlib.sha256(piece.content).hexdigest()
    text = piece.content.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    raw = json.dumps({"1": text}, ensure_ascii=False)
    row = pl.DataFrame(
        [(piece.name, piece.lines_before + 1, None, message, raw)], schema=SCHEMA, orient="row"
    )
    with target.engine.begin() as connection:
        lock_source(connection, target.declaration)
        advance.check(connection)
        refused = keep_refusal(
            connection, target.declaration, Path(piece.name), sha256, started_at, message
        )
        keep_rejected(driver(connection), refused.load_id or 0, row)
        advance.keep(connection)
    return refused
