"""Loads a file of plate reads as link times: read, pair, count, write; then destroys it."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, select

from etl.batch import ROW, Batch, count_reasons
from etl.ledger.coverage import CoverageSpan, compute_coverage
from etl.ledger.findings import summarise_rejects
from etl.ledger.places import count_places
from etl.ledger.rejected_rows import SCHEMA as REJECTED
from etl.limits import Limits, check_delimited
from etl.load.records import load_records
from etl.outcome import LoadOutcome, event_span
from etl.plates.pairing import compute_link_times, pair_reads
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.mapping import Pairing
from etl.transform.check import FUTURE, TOO_EARLY, end_of_tomorrow
from etl.transform.fields import convert
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import ExtractError, LoadError
from geodata.tables import reader_link

_LINK_SCHEMA = {
    "link_id": pl.String, "from_reader": pl.String, "to_reader": pl.String,
    "length_m": pl.Float64, "cell": pl.Int64, "district_id": pl.String,
}  # fmt: skip


def load_plate_reads(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    file: SourceFile,
    load_id: int,
    locator: Locator,
) -> LoadOutcome:
    """Load the link times of one file of whole days of plate reads.

    A rejected read keeps its row number, its field and the reason, never its text.

    Raises:
        ExtractError: the file is no such table.
        LoadError: none of its reads can be used, or no roads between readers are known.
    """
    links = _read_links(connection)
    if links.is_empty():
        raise LoadError(f"{file}: no roads between readers are loaded yet: load their list first")
    reads, rejects = read_plates(file, declaration, city.timezone)
    if reads.is_empty():
        raise LoadError(f"{file}: none of its {rejects.height} reads can be used")
    drives = pair_reads(reads, links)
    times = compute_link_times(drives, city.timezone)
    placed = times.join(links.select("link_id", "cell", "district_id"), on="link_id", how="left")
    batch = Batch(placed.with_row_index(ROW, offset=1).cast({ROW: pl.Int64}))
    notes = count_reasons(rejects) | {"at readers of no known link": _count_unknown(reads, links)}
    batch = batch.staged("pair", reads.height + rejects.height, notes)
    batch, changes = load_records(connection, batch, declaration, load_id)
    event_from, event_to = event_span(reads, "read_at")
    covered = compute_coverage(declaration, event_from, event_to, city.zone, now())
    kept = _without_text(rejects, file.name)
    return LoadOutcome(
        rows_in=reads.height + rejects.height,
        rows_loaded=reads.height,
        records=batch.frame.height,
        rejects=kept,
        stages=batch.stages,
        event_from=event_from,
        event_to=event_to,
        coverage=tuple(
            CoverageSpan(each.table_name, each.starts_at, each.ends_at) for each in covered
        ),
        changes_nothing=changes.is_none,
        findings=(*summarise_rejects(kept), *count_places(batch.frame, file.name)),
    )


def _count_unknown(reads: pl.DataFrame, links: pl.DataFrame) -> int:
    known = pl.concat([links["from_reader"], links["to_reader"]]).unique()
    return reads.filter(~pl.col("reader_id").is_in(known.implode())).height


def read_plates(
    file: SourceFile, declaration: SourceDeclaration, timezone: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the valid reads (reader_id, token, read_at, day), and rows and reasons of the others.

    Raises:
        ExtractError: a column is missing or the text is no CSV; quotes nothing of the content.
    """
    pairing = declaration.pairing
    assert pairing is not None  # noqa: S101
    zone = declaration.timezone or timezone
    text = _read_text(file, pairing, declaration.limits)
    read_at = convert(pairing.read_at, "time", pl.col("read_at"), zone)
    fault = (
        pl.when(pl.col("reader_id").is_null()).then(pl.lit("reader_id"))
        .when(pl.col("token").is_null()).then(pl.lit("token"))
        .when(pl.col("at").is_null()).then(pl.lit("read_at"))
    )  # fmt: skip
    latest = end_of_tomorrow(now().astimezone(ZoneInfo(timezone))).astimezone(UTC)
    earliest = datetime.combine(declaration.earliest, time(), ZoneInfo(timezone)).astimezone(UTC)
    reason = (
        pl.when(fault.is_not_null()).then(pl.lit("is missing or cannot be read"))
        .when(pl.col("at") > latest).then(pl.lit(FUTURE))
        .when(pl.col("at") < earliest).then(pl.lit(TOO_EARLY))
    )  # fmt: skip
    frame = text.with_columns(read_at.alias("at")).with_columns(
        pl.coalesce(fault, pl.lit("read_at")).alias("field"), reason.alias("reason")
    )
    wrong = frame.filter(pl.col("reason").is_not_null()).select(ROW, "field", "reason")
    day = pl.col("at").dt.convert_time_zone(timezone).dt.date().alias("day")
    sound = frame.filter(pl.col("reason").is_null())
    return sound.select("reader_id", "token", pl.col("at").alias("read_at"), day), wrong


def _read_text(file: SourceFile, pairing: Pairing, limits: Limits) -> pl.DataFrame:
    columns = {
        "reader_id": pairing.reader_id, "token": pairing.token,
        "read_at": pairing.read_at.source[0],
    }  # fmt: skip
    content = file.read_bytes()
    check_delimited(file, content, b",", limits)
    try:
        frame = pl.read_csv(content, infer_schema=False, truncate_ragged_lines=True)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError):
        raise ExtractError(
            f"{file}: not a CSV file of plate reads"
        ) from None  # its message quotes lines
    missing = [name for name in columns.values() if name not in frame.columns]
    if missing:
        raise ExtractError(f"{file}: column '{missing[0]}' (pairing) is missing")
    kept = [
        pl.col(column).str.strip_chars().replace("", None).alias(name)
        for name, column in columns.items()
    ]
    return frame.select(pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(ROW), *kept)


def _read_links(connection: Connection) -> pl.DataFrame:
    """Return the current links; where several sources have a pair, the last one loaded counts."""
    columns = [reader_link.c[name] for name in _LINK_SCHEMA]
    statement = (
        select(*columns)
        .where(reader_link.c.retired_by.is_(None))
        .order_by(reader_link.c.load_id, reader_link.c.link_id)
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    links = pl.DataFrame(rows, schema=_LINK_SCHEMA, orient="row")
    return links.unique(["from_reader", "to_reader"], keep="last", maintain_order=True)


def _without_text(rejects: pl.DataFrame, file: str) -> pl.DataFrame:
    return rejects.select(
        pl.lit(file).alias("file"),
        pl.col(ROW).alias("row_number"),
        "field",
        "reason",
        pl.lit(None, pl.String).alias("raw"),
    ).select(list(REJECTED))
