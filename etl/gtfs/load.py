"""Loads one feed into the `gtfs_*` tables and `departure`, inside the caller's transaction."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, update

from etl.batch import StageSummary
from etl.gtfs.feed import Feed, read_feed
from etl.gtfs.kept import (
    Present,
    is_upcoming_load,
    keep_present,
    keep_upcoming,
    read_checksum,
    read_present,
)
from etl.gtfs.records import build_records, read_service_span
from etl.gtfs.replacing import (
    describe_gap,
    find_cut,
    find_first_day,
    hold_if_shrinking,
    retire_departures,
)
from etl.gtfs.stops import place_stops, shape_lines
from etl.gtfs.timetable import Timetable, expand_feed
from etl.gtfs.validator import validate_files
from etl.ledger.coverage import CoverageSpan
from etl.ledger.findings import FaultyFileError, Finding
from etl.ledger.places import count_places
from etl.load.insert import insert_rows
from etl.outcome import LoadOutcome
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.mapping import Expansion
from etl.transform.locate import Locator
from geodata import tables
from geodata.city.configuration import City
from geodata.clock import now
from geodata.tables import OUTSIDE_DISTRICT, source_coverage

_TABLES = (
    tables.gtfs_feed,
    tables.gtfs_stop,
    tables.gtfs_route,
    tables.gtfs_trip,
    tables.gtfs_stop_time,
    tables.gtfs_service_day,
    tables.gtfs_frequency,
    tables.gtfs_shape,
)
NEVER = date(1, 1, 1)  # until then a timetable speaks that was made anew
REJECT_SCHEMA = {
    "file": pl.String,
    "row_number": pl.Int64,
    "field": pl.String,
    "reason": pl.String,
    "raw": pl.String,
}


def load_feed(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    file: SourceFile,
    load_id: int,
    locator: Locator,
) -> LoadOutcome:
    """Load a feed and retire the source's earlier one; the caller commits.

    The earlier feed's departures ahead are deleted: they follow from its other rows, which stay.
    Its past ones stay. A feed that begins later, while another is in force, is kept for its day.

    Raises:
        FaultyFileError: the feed is unusable as a whole or never runs; names file and column.
        HeldLoadError: too many of the departures of the next days would go.
    """
    zone, moment = ZoneInfo(city.timezone), now()
    today = moment.astimezone(zone).date()
    expansion = declaration.expand or Expansion()
    feed = read_feed(
        file,
        today,
        lambda stops: place_stops(stops, declaration, city, locator),
        declaration.encoding,
        validate_files,
        declaration.limits,
    )
    span = read_service_span(feed)
    if span is None:
        why = Finding("no_service", "calendar.txt")
        raise FaultyFileError(f"{file.name}: no service runs on any day", [why, *feed.findings])
    timetable = expand_feed(
        feed, declaration.key, expansion, today, city.timezone, declaration.limits
    )
    present = read_present(connection, declaration.key)
    starts_on = find_first_day(feed, span)
    gap = describe_gap(present, starts_on, today, zone)
    if not is_upcoming_load(connection, declaration.key, load_id):  # else judged when it came
        hold_if_shrinking(connection, declaration, file.name, timetable, moment)
    if _has_to_wait(present, starts_on, moment, zone) and not expansion.starts_on:
        keep_upcoming(connection, declaration.key, load_id, file, starts_on)
        return _upcoming(feed, timetable, starts_on, gap)
    cut = find_cut(timetable, moment, zone)
    kept = _retire(connection, declaration.key, load_id, cut, expansion.keep_days)
    records = _load_records(connection, city, declaration, feed, load_id)
    records += _load_departures(connection, declaration.key, feed, timetable, load_id)
    _speak(connection, load_id, present, cut.astimezone(zone).date())
    keep_present(connection, declaration.key, load_id, file, starts_on)
    return _outcome(feed, timetable, records, span, zone, kept, gap)


def _has_to_wait(
    present: Present | None, starts_on: date, moment: datetime, zone: ZoneInfo
) -> bool:
    """Return whether another timetable is in force, and this one begins later."""
    return (
        present is not None
        and present.ends_at > moment
        and starts_on > moment.astimezone(zone).date()
    )


def _retire(
    connection: Connection, source: str, load_id: int, cut: datetime, keep_days: int
) -> list[CoverageSpan]:
    for table in _TABLES:
        connection.execute(
            update(table)
            .where(table.c.source == source, table.c.retired_by.is_(None))
            .values(retired_by=load_id)
        )
    covered = source_coverage.c
    connection.execute(
        update(source_coverage)
        .where(covered.source == source, covered.retired_by.is_(None))
        .where(covered.table_name != tables.departure.name)
        .values(retired_by=load_id)
    )
    return retire_departures(connection, source, load_id, cut, keep_days)


def _speak(connection: Connection, load_id: int, present: Present | None, since: date) -> None:
    """Say for which days the new timetable speaks, and the former one still.

    A timetable whose next days are made speaks for all its days; a new one from its first day on.
    """
    if present is None:
        return
    is_same = read_checksum(connection, load_id) == present.sha256
    c = tables.gtfs_feed.c
    until = present.speaks_from or NEVER if is_same else since
    connection.execute(
        update(tables.gtfs_feed).where(c.load_id == present.load_id).values(speaks_until=until)
    )
    connection.execute(
        update(tables.gtfs_feed)
        .where(c.load_id == load_id)
        .values(speaks_from=present.speaks_from if is_same else since)
    )


def _load_records(
    connection: Connection, city: City, declaration: SourceDeclaration, feed: Feed, load_id: int
) -> int:
    records = build_records(feed)
    stops = records["gtfs_stop"]
    records["gtfs_stop"] = stops.with_columns(pl.lit(declaration.given_in).alias("datum"))
    if "shapes.txt" in feed.tables:
        records["gtfs_shape"] = shape_lines(feed.rows("shapes.txt"), declaration, city)
    return sum(
        insert_rows(connection, table, records[table.name], declaration.key, load_id)
        for table in _TABLES
        if table.name in records
    )


def _load_departures(
    connection: Connection, source: str, feed: Feed, timetable: Timetable, load_id: int
) -> int:
    places = feed.rows("stops.txt").select("stop_id", "cell", "district_id")
    placed = timetable.departures.join(places, on="stop_id", maintain_order="left")
    return insert_rows(connection, tables.departure, placed, source, load_id)


def _outcome(
    feed: Feed,
    timetable: Timetable,
    records: int,
    span: tuple[date, date],
    zone: ZoneInfo,
    kept: list[CoverageSpan],
    gap: list[Finding],
) -> LoadOutcome:
    first = datetime.combine(span[0], time(), zone)
    end = datetime.combine(span[1] + timedelta(days=1), time(), zone)
    coverage = [*kept, CoverageSpan("gtfs_stop", first, end)]
    if timetable.starts_at and timetable.ends_at:
        coverage.append(CoverageSpan("departure", timetable.starts_at, timetable.ends_at))
    stops = feed.rows("stops.txt")
    outside = count_places(stops, "stops.txt", "row_number")
    return LoadOutcome(
        rows_in=feed.rows_in,
        rows_loaded=feed.rows_loaded,
        records=records,
        rejects=_rejects(feed),
        stages=_stages(feed, timetable),
        event_from=first,
        event_to=end,
        coverage=tuple(coverage),
        findings=(
            *feed.findings,
            *gap,
            *_cut_days(timetable),
            *outside,
            *_departures_outside(timetable, stops),
        ),
    )


def _departures_outside(timetable: Timetable, stops: pl.DataFrame) -> tuple[Finding, ...]:
    beyond = stops.filter(pl.col("district_id") == OUTSIDE_DISTRICT)
    count = timetable.departures.filter(pl.col("stop_id").is_in(beyond["stop_id"].implode())).height
    return (Finding("outside_departures", "stop_times.txt", rows=count),) if count else ()


def _upcoming(feed: Feed, timetable: Timetable, starts_on: date, gap: list[Finding]) -> LoadOutcome:
    """Return the outcome of a feed that is kept: nothing is visible of it until its first day."""
    waits = Finding("upcoming_timetable", "calendar.txt", detail=f"{starts_on}")
    return LoadOutcome(
        rows_in=feed.rows_in,
        rows_loaded=feed.rows_loaded,
        records=0,
        rejects=_rejects(feed),
        stages=_stages(feed, timetable),
        event_from=None,
        event_to=None,
        coverage=(),
        is_upcoming=True,
        findings=(waits, *gap, *feed.findings),
    )


def _cut_days(timetable: Timetable) -> list[Finding]:
    """Return a finding if the limit of departures cut service days off."""
    left_out = timetable.days_left_out
    if not left_out:
        return []
    return [Finding("days_left_out", "stop_times.txt", rows=left_out, detail=f"{left_out}")]


def _rejects(feed: Feed) -> pl.DataFrame:
    """Return every rejected row with its text as JSON."""
    parts = [
        table.faults.join(_as_json(table.text), on="row_number", how="left", maintain_order="left")
        .with_columns(pl.lit(table.file).alias("file"))
        .select(list(REJECT_SCHEMA))
        for table in feed.tables.values()
        if table.faults.height
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=REJECT_SCHEMA)


def _as_json(text: pl.DataFrame) -> pl.DataFrame:
    return text.select(
        "row_number", pl.struct(pl.exclude("row_number")).struct.json_encode().alias("raw")
    )


def _stages(feed: Feed, timetable: Timetable) -> tuple[StageSummary, ...]:
    dropped = {
        f"{table.file}: {field or 'row'} {reason}": count
        for table in feed.tables.values()
        for field, reason, count in table.faults.group_by("field", "reason").len().rows()
    }
    left_out = {"service days beyond the limit of departures": timetable.days_left_out}
    return (
        StageSummary("read and check", feed.rows_in, feed.rows_loaded, dropped),
        StageSummary(
            "expand",
            feed.rows("stop_times.txt").height,
            timetable.departures.height,
            {reason: count for reason, count in left_out.items() if count},
        ),
    )
