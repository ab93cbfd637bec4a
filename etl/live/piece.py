"""Loads new data of a live source: one load, with the progress, in one transaction."""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import polars as pl
from sqlalchemy import Engine

from etl.ledger.findings import REJECTED, Finding, summarise_rejects
from etl.ledger.rejected_rows import SCHEMA, keep_rejected
from etl.live.progress import Advance, keep_event
from etl.load.records import driver
from etl.outcome import FileLoad, LoadOutcome
from etl.pipeline.loads import keep_refusal, lock_source
from etl.pipeline.plan import plan_file
from etl.pipeline.record_file import load_file
from etl.pipeline.run import close_load, open_load
from etl.pipeline.whole_format import Loader
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.live import LiveRule
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now

SHOWN_BYTES = 1 << 16  # of a refused piece


@dataclass(frozen=True)
class LiveSource:
    """The source, city and database that pieces of one live source are loaded into."""

    engine: Engine
    city: City
    declaration: SourceDeclaration
    rule: LiveRule
    locator: Locator
    places: DataPlaces = NOWHERE


@dataclass(frozen=True)
class Piece:
    """New data: bytes under a file's name, and the number of the file's lines before them.

    `heard_at` is when a message was sent that has nothing to tell; other data is heard with its
    newest event. Messages of another kind of feed do not tell that this one is heard.
    """

    name: str
    content: bytes
    lines_before: int = 0
    tells_of_source: bool = True  # else concluded by the program, not received
    heard_at: datetime | None = None

    @property
    def file(self) -> SourceFile:
        """The bytes as readers take them."""
        return SourceFile(self.name, content=self.content)


def load_piece(
    live_source: LiveSource, piece: Piece, advance: Advance | None, loader: Loader | None = None
) -> FileLoad:
    """Load a piece and, in the same transaction, the progress of reading it.

    Without a loader, its lines are records.

    Raises:
        OvertakenError: another process has loaded it.
        OperationsError: nothing of the piece can be used.
        SQLAlchemyError: the database refused it, or is gone.
    """
    started_at = now()
    declaration = live_source.declaration
    loader = loader or partial(load_file, is_piece=True, places=live_source.places)
    planned = plan_file(piece.file, declaration, live_source.places.incoming)
    with live_source.engine.begin() as connection:
        lock_source(connection, declaration)
        if advance:
            advance.check(connection)
        load_id = open_load(connection, live_source.city, declaration, planned, started_at)
        outcome = loader(
            connection, live_source.city, declaration, piece.file, load_id, live_source.locator
        )
        outcome = _from_first_line(outcome, piece.lines_before)
        done = close_load(connection, declaration, planned, load_id, outcome)
        if piece.tells_of_source:
            heard_at = piece.heard_at or outcome.event_to
            keep_event(connection, declaration.key, live_source.rule, heard_at)
        if advance:
            advance.keep(connection)
    return done


def _from_first_line(outcome: LoadOutcome, lines_before: int) -> LoadOutcome:
    """Return the outcome of a piece with its rows counted from the file's first line."""
    rejects = _renumbered(outcome.rejects, lines_before)
    others = tuple(each for each in outcome.findings if each.code != REJECTED)
    if len(others) == len(outcome.findings):
        return replace(outcome, rejects=rejects)
    return replace(outcome, rejects=rejects, findings=(*others, *summarise_rejects(rejects)))


def _renumbered(rejects: pl.DataFrame, lines_before: int) -> pl.DataFrame:
    """Count rows, including those that a reason names, from the file's first line."""

    def move(reason: str) -> str:
        return re.sub(r"\brow (\d+)", lambda found: f"row {int(found[1]) + lines_before}", reason)

    reasons = pl.Series("reason", [move(each) for each in rejects["reason"]], dtype=pl.String)
    return rejects.with_columns(pl.col("row_number") + lines_before, reasons)


def refuse_piece(
    live_source: LiveSource, piece: Piece, advance: Advance, message: str,
    findings: tuple[Finding, ...] = (),
) -> FileLoad:  # fmt: skip
    """Record an unusable piece as a refused load with its text, and advance.

    Load, text and progress are one transaction, so that it is refused once.

    Raises:
        OvertakenError: another process has refused it.
        SQLAlchemyError: the database is gone.
    """
    started_at = now()
    sha256 = piece.file.compute_sha256()
    text = piece.content[:SHOWN_BYTES].decode("utf-8", errors="replace").replace("\0", "\ufffd")
    raw = json.dumps({"1": text}, ensure_ascii=False)
    row = pl.DataFrame(
        [(piece.name, piece.lines_before + 1, None, message, raw)], schema=SCHEMA, orient="row"
    )
    with live_source.engine.begin() as connection:
        lock_source(connection, live_source.declaration)
        advance.check(connection)
        refused = keep_refusal(
            connection, live_source.declaration, piece.name, sha256, started_at, message, findings
        )
        keep_rejected(driver(connection), refused.load_id or 0, row)
        advance.keep(connection)
    return refused
