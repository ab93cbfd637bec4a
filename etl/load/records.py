"""The stage `load`: staged records become the current ones, inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Connection

from etl.batch import ROW, Batch, count_reasons
from etl.load.copy_binary import copy_frame, copy_records
from etl.load.replacement import NOTHING_GOES, Going, Replacement, retire_missing
from etl.load.supersede import SQL_TYPES, STAGING, STAGING_ROW, Driver, Supersession
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import Kind, RecordType


@dataclass(frozen=True)
class Changes:
    """The changes that a load made to the current records of its source."""

    inserted: int
    changed: int
    retired: int
    unchanged: int
    going: Going = NOTHING_GOES

    @property
    def is_none(self) -> bool:
        """Return whether the current records did not change."""
        return self.inserted + self.changed + self.retired == 0


def driver(connection: Connection) -> Driver:
    """Return psycopg's connection below SQLAlchemy's; both are in one transaction."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the loader needs the psycopg driver")
    return raw


def load_records(
    connection: Connection,
    batch: Batch,
    declaration: SourceDeclaration,
    load_id: int,
    *,
    is_live: bool = False,
    replacement: Replacement | None = None,
) -> tuple[Batch, Changes]:
    """Write the records: new ones are added, changed ones retire their predecessor.

    A record equal to the current one stays as it is. What a file stands for and lacks is retired by
    its `replacement`; without one, as live, nothing is. A revision older than the current one is
    rejected in a file; live it only arrived late, which is no fault.
    """
    raw = driver(connection)
    record_type = declaration.record_type
    columns = _columns(batch.frame, record_type)
    work = Supersession(raw, record_type, list(columns), declaration.key, load_id)
    rows_in = batch.frame.height
    if not work.has_current():  # no current records to compare with: no staging
        copy_records(raw, record_type.table, batch.frame, columns, (declaration.key, load_id))
        return batch.staged("load", rows_in), Changes(rows_in, 0, 0, 0)
    _stage(raw, batch.frame, columns)
    outdated = work.outdated() if "revision" in columns else None
    if outdated is not None and outdated.height:
        overtaken = outdated[ROW].to_list()
        batch = batch.overtake(overtaken) if is_live else batch.reject(outdated)
        work.drop_staged(outdated[ROW].to_list())
    retired, going = 0, NOTHING_GOES
    if replacement:  # first, while all that was known is still current
        retired, going = retire_missing(work, record_type, replacement, batch.rejects)
    unchanged = work.mark_unchanged(_absent(record_type, columns) if replacement else ())
    changed = work.retire_changed()
    inserted = work.insert()
    changes = Changes(inserted - changed, changed, retired, unchanged, going)
    notes = {
        "unchanged, kept as they are": unchanged,
        "superseded an earlier record": changed,
        "retired, no longer in the source": retired,
        "kept, a rejected row may mean them": going.kept,
    }
    notes |= count_reasons(outdated) if outdated is not None else {}
    return batch.staged("load", rows_in, notes), changes


def _columns(frame: pl.DataFrame, record_type: RecordType) -> dict[str, Kind]:
    """Return the columns to write: those of the frame, and the point made of `@x`, `@y`."""
    has_point = record_type.is_placed and "geom" not in frame.columns
    return {
        name: kind
        for name, kind in record_type.columns.items()
        if name in frame.columns or (name == "geom" and has_point)
    }


def _absent(record_type: RecordType, columns: Mapping[str, Kind]) -> list[str]:
    """Return the columns that a file says nothing of: a record made of it has no value there."""
    table = record_type.table.columns
    return [n for n in record_type.columns if n not in columns and table[n].nullable]


def _stage(raw: Driver, frame: pl.DataFrame, columns: dict[str, Kind]) -> None:
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SQL_TYPES[kind]))
        for name, kind in {STAGING_ROW: "int", **columns}.items()
    ]
    raw.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(STAGING)))
    raw.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
            sql.Identifier(STAGING), sql.SQL(", ").join(definitions)
        )
    )
    staged = frame.rename({ROW: STAGING_ROW})
    copy_frame(raw, sql.Identifier(STAGING), staged, {STAGING_ROW: "int", **columns})
    raw.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(STAGING)))
