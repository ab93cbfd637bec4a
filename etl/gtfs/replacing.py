"""What a new timetable may take away, when it begins, and which past days stay."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, delete, func, select, update

from etl.gtfs.feed import Feed
from etl.gtfs.kept import Present
from etl.gtfs.timetable import Timetable
from etl.ledger.coverage import CoverageSpan
from etl.ledger.findings import Finding
from etl.outcome import HeldLoadError
from etl.source.declaration import SourceDeclaration
from geodata.tables import departure, source_coverage

AHEAD = timedelta(days=7)


def find_first_day(feed: Feed, span: tuple[date, date]) -> date:
    """Return the day from which a timetable is in force: its first service, or later as it says."""
    info = feed.tables.get("feed_info.txt")
    declared: list[date] = info.rows["feed_start_date"].drop_nulls().to_list() if info else []
    return max([span[0], *(day for day in declared[:1] if day <= span[1])])


def describe_gap(
    present: Present | None, starts_on: date, today: date, zone: ZoneInfo
) -> list[Finding]:
    """Return a finding if there are days without any timetable before a new one begins."""
    after = present.ends_at.astimezone(zone).date() if present else today
    first, last = max(after, today), starts_on - timedelta(days=1)
    if last < first:
        return []
    return [Finding("no_timetable_until", "calendar.txt", detail=f"{first} – {last}")]


def hold_if_shrinking(
    connection: Connection,
    declaration: SourceDeclaration,
    file: str,
    timetable: Timetable,
    moment: datetime,
) -> None:
    """Let a timetable take away what its source may lose of the next seven days.

    Compared are the days for which the departures in force are known. Where the new one begins
    later, its first seven days stand for them.

    Raises:
        HeldLoadError: it would take away more, and nobody has accepted that.
    """
    if declaration.is_accepted:
        return
    spans = _spans(connection, declaration.key)
    until = min(moment + AHEAD, max((span[1] for span in spans), default=moment))
    if until <= moment:
        return
    c = departure.c
    current = connection.execute(
        select(func.count()).where(
            c.source == declaration.key,
            c.retired_by.is_(None),
            c.departs_at >= moment,
            c.departs_at < until,
        )
    ).scalar_one()
    begin = max(moment, timetable.starts_at or moment)
    at = pl.col("departs_at")
    left = timetable.departures.filter((at >= begin) & (at < begin + (until - moment))).height
    if left >= current * (1 - declaration.may_shrink):
        return
    raise HeldLoadError(
        f"{file}: held, nothing changed: of {current} departures of the next {AHEAD.days} days "
        f"{left} would be left, at most {declaration.may_shrink:.0%} may go",
        [Finding("held_fewer_departures", file, rows=current - left, detail=f"{left} / {current}")],
    )


def retire_departures(
    connection: Connection, source: str, load_id: int, cut: datetime, keep_days: int
) -> list[CoverageSpan]:
    """Delete the source's departures from `cut` on, and those too old to be kept.

    Returns:
        What is still covered of the spans that were cut; whole ones are left as they are.
    """
    oldest = cut - timedelta(days=keep_days)
    c = departure.c
    for gone in (c.departs_at >= cut, c.departs_at < oldest):
        connection.execute(delete(departure).where(c.source == source, gone))
    left = []
    for starts_at, ends_at, coverage_id in _spans(connection, source):
        kept = max(starts_at, oldest), min(ends_at, cut)
        if kept == (starts_at, ends_at):
            continue
        connection.execute(
            update(source_coverage)
            .where(source_coverage.c.coverage_id == coverage_id)
            .values(retired_by=load_id)
        )
        if kept[0] < kept[1]:
            left.append(CoverageSpan(departure.name, *kept))
    return left


def find_cut(timetable: Timetable, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return from when on a new timetable takes the place of the former one."""
    midnight = datetime.combine(moment.astimezone(zone).date(), time(), zone)
    return timetable.starts_at or midnight


def _spans(connection: Connection, source: str) -> Sequence[tuple[datetime, datetime, int]]:
    """Return from when to when the source's departures are covered, and by which row."""
    c = source_coverage.c
    statement = (
        select(c.starts_at, c.ends_at, c.coverage_id)
        .where(c.source == source, c.table_name == departure.name, c.retired_by.is_(None))
        .order_by(c.starts_at)
    )
    return [(row.starts_at, row.ends_at, row.coverage_id) for row in connection.execute(statement)]
