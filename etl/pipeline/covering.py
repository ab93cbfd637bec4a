"""Keeps a faulty file from claiming to be complete where its rows were rejected."""

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from etl.batch import COUNTS_INSTEAD, KNOWN_ALREADY, NOT_OURS, ROW, Batch
from etl.extract import Extracted
from etl.ledger.coverage import CoverageSpan, without_days
from etl.ledger.findings import Finding
from etl.source.declaration import SourceDeclaration
from etl.transform.keys import read_event_times

HOLE = "coverage_hole"
MOST_REJECTED = 0.2  # of a day's rows, or of a file's
_DAYS_NAMED = 5


def leave_out_holes(
    covered: list[CoverageSpan],
    declaration: SourceDeclaration,
    batch: Batch,
    extracted: Extracted,
    file: str,
    zone: ZoneInfo,
) -> tuple[list[CoverageSpan], tuple[Finding, ...]]:
    """Return what a file covers without the days of which it lost too many rows, and say so.

    Rows whose time cannot be read may be of any day: if they are too many, or if the period is a
    declared one, it is the whole file that counts. Rows whose record is there by another row, or by
    an earlier load, are not lost, nor are totals and rows of other cities.
    """
    if not covered:
        return covered, ()
    lost = _lost(batch, extracted)
    rows = batch.rows_loaded() + lost.height
    is_declared = declaration.coverage is not None and declaration.coverage.period == "declared"
    days = _days(_dated(lost, declaration, extracted, zone), zone)
    undated = lost.height - days["n"].sum()
    if (lost.height if is_declared else undated) > MOST_REJECTED * rows:
        return [], (Finding(HOLE, file, rows=lost.height, detail=f"{lost.height} / {rows}"),)
    holes = [] if is_declared else _holes(days, batch.frame, declaration, zone)
    if not holes:
        return covered, ()
    named = ", ".join(str(day) for day in holes[:_DAYS_NAMED])
    more = " …" if len(holes) > _DAYS_NAMED else ""
    return without_days(covered, holes, zone), (Finding(HOLE, file, detail=named + more),)


def _lost(batch: Batch, extracted: Extracted) -> pl.DataFrame:
    """Return the rows that no record stands for."""
    rejects = pl.concat([batch.rejects, extracted.rejects], how="diagonal_relaxed")
    reason = pl.col("reason")
    known = reason.str.ends_with(COUNTS_INSTEAD) | reason.str.ends_with(KNOWN_ALREADY)
    return rejects.filter(~known & ~reason.is_in(NOT_OURS)).select(ROW)


def _dated(
    lost: pl.DataFrame, declaration: SourceDeclaration, extracted: Extracted, zone: ZoneInfo
) -> pl.Series:
    rows = extracted.frame.join(lost, on=ROW, how="semi")
    return read_event_times(rows, declaration, declaration.timezone or str(zone))["at"]


def _days(times: pl.Series, zone: ZoneInfo) -> pl.DataFrame:
    """Count times by the city's day, as `day` and `n`."""
    local = pl.col("at")
    if times.dtype != pl.Date:
        local = local.dt.convert_time_zone(str(zone)).dt.date()
    return times.alias("at").to_frame().group_by(local.alias("day")).agg(pl.len().alias("n"))


def _holes(
    lost: pl.DataFrame, frame: pl.DataFrame, declaration: SourceDeclaration, zone: ZoneInfo
) -> list[date]:
    """Return the days of which too large a share of the rows was lost, in order."""
    name = declaration.record_type.event_time
    if name is None or name not in frame.columns:
        return []
    sound = _days(frame[name].drop_nulls(), zone).rename({"n": "sound"})
    both = lost.join(sound, on="day", how="left").with_columns(pl.col("sound").fill_null(0))
    share = pl.col("n") / (pl.col("n") + pl.col("sound"))
    return both.filter(share > MOST_REJECTED)["day"].sort().to_list()
