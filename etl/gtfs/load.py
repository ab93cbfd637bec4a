"""Loads one feed into the `gtfs_*` tables and `departure`, inside the caller's transaction."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, delete, update

from etl.batch import StageSummary
from etl.gtfs.feed import Feed, read_feed
from etl.gtfs.records import build_records, read_service_span
from etl.gtfs.stops import place_stops, shape_lines
from etl.gtfs.timetable import Timetable, expand_feed
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
from geodata.tables import OUTSIDE_DISTRICT

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

    The earlier feed's departures are deleted: they follow from its other rows, which stay.

    Raises:
        FaultyFileError: the feed is unusable as a whole or never runs; names file and column.
    """
    zone = ZoneInfo(city.timezone)
    reference_on = now().astimezone(zone).date()
    feed = read_feed(
        file, reference_on, lambda stops: place_stops(stops, declaration, city, locator)
    )
    span = read_service_span(feed)
    if span is None:
        why = Finding("no_service", "calendar.txt")
        raise FaultyFileError(f"{file.name}: no service runs on any day", [why, *feed.findings])
    timetable = expand_feed(
        feed, declaration.key, declaration.expand or Expansion(), reference_on, city.timezone
    )
    _retire(connection, declaration.key, load_id)
    records = _load_records(connection, city, declaration, feed, load_id)
    records += _load_departures(connection, declaration.key, feed, timetable, load_id)
    return _outcome(feed, timetable, records, span, zone)


def _retire(connection: Connection, source: str, load_id: int) -> None:
    for table in (*_TABLES, tables.source_coverage):
        connection.execute(
            update(table)
            .where(table.c.source == source, table.c.retired_by.is_(None))
            .values(retired_by=load_id)
        )
    old = tables.departure.c.source == source
    connection.execute(delete(tables.departure).where(old))


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
    feed: Feed, timetable: Timetable, records: int, span: tuple[date, date], zone: ZoneInfo
) -> LoadOutcome:
    first = datetime.combine(span[0], time(), zone)
    end = datetime.combine(span[1] + timedelta(days=1), time(), zone)
    coverage = [CoverageSpan("gtfs_stop", first, end)]
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
        findings=(*feed.findings, *outside, *_departures_outside(timetable, stops)),
    )


def _departures_outside(timetable: Timetable, stops: pl.DataFrame) -> tuple[Finding, ...]:
    beyond = stops.filter(pl.col("district_id") == OUTSIDE_DISTRICT)
    count = timetable.departures.filter(pl.col("stop_id").is_in(beyond["stop_id"].implode())).height
    return (Finding("outside_departures", "stop_times.txt", rows=count),) if count else ()


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
