"""Findings in a feed that reject no row, beside those of the rejected rows."""

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import polars as pl
import shapely

from etl.gtfs.fields import ROUTE_TYPES
from etl.gtfs.reference import REQUIRED_UNREAD, known_columns
from etl.gtfs.table import Table
from etl.ledger.findings import Finding

Tables = Mapping[str, Table]
_M_PER_DEGREE = 111_195.0
_TOO_CLOSE_M = 2.0


def describe_faults(table: Table) -> list[Finding]:
    """Return one finding a field, kind and reason of a table's refused rows."""
    grouped = table.faults.group_by("field", "code", "reason", maintain_order=True).agg(
        pl.col("row_number").min(), pl.len().alias("rows")
    )
    return [
        Finding(code, table.file, row, field, rows, reason)
        for field, code, reason, row, rows in grouped.iter_rows()
    ]


def describe_feed(tables: Tables, service_days: pl.DataFrame, today: date) -> list[Finding]:
    """Return the findings of a checked feed, refused rows first."""
    found = [finding for table in tables.values() for finding in describe_faults(table)]
    found += [note for table in tables.values() for note in table.notes]
    found += [each for table in tables.values() for each in _describe_columns(table)]
    found += _describe_agencies(tables)
    found += _describe_route_names(tables["routes.txt"])
    found += _describe_route_types(tables["routes.txt"])
    found += _describe_stops(tables)
    found += _describe_times(tables)
    found += _describe_calendar(tables, service_days, today)
    return found


def _describe_columns(table: Table) -> Iterator[Finding]:
    given = [name for name in table.text.columns if name != "row_number"]
    for name in REQUIRED_UNREAD.get(table.file, ()):
        if name not in given:
            yield Finding("missing_required_column", table.file, 1, name)
    for name in given:
        if name not in known_columns(table.file):
            yield Finding("unknown_column", table.file, 1, name)


def _first(
    code: str, file: str, field: str | None, rows: pl.DataFrame, detail: str = ""
) -> list[Finding]:
    """Return one finding for the rows, none if there are none."""
    if rows.is_empty():
        return []
    number = rows.select(pl.col("row_number").min()).item()
    return [Finding(code, file, number, field, rows.height, detail)]


def _describe_agencies(tables: Tables) -> list[Finding]:
    """Report agencies without ids, and routes that name none of several agencies."""
    agency, routes = tables["agency.txt"].rows, tables["routes.txt"].rows
    found = []
    if tables["agency.txt"].rows_in > 1:
        nameless = agency.filter(pl.col("agency_id").is_null())
        found += _first("missing_required_field", "agency.txt", "agency_id", nameless)
        blank = routes.filter(pl.col("agency_id").is_null())
        found += _first("missing_required_field", "routes.txt", "agency_id", blank)
    known = agency["agency_id"].drop_nulls()
    if known.len():
        unknown = routes.filter(~pl.col("agency_id").is_in(known.implode()))
        found += _first("foreign_key_violation", "routes.txt", "agency_id", unknown, "agency.txt")
    return found


def _describe_route_names(routes: Table) -> list[Finding]:
    short, long = pl.col("route_short_name"), pl.col("route_long_name")
    names = ["route_short_name", "route_long_name", "route_type", "agency_id"]
    named = routes.rows.filter(short.is_not_null() | long.is_not_null())
    again = named.filter(~pl.struct(names).is_first_distinct())
    starts = long.str.to_lowercase().str.starts_with(short.str.to_lowercase())
    file = routes.file
    return [
        *_first("duplicate_route_name", file, "route_long_name", again),
        *_first(
            "route_long_name_contains_short_name", file, "route_long_name", named.filter(starts)
        ),
    ]


def _describe_route_types(routes: Table) -> list[Finding]:
    unknown = routes.rows.filter(~pl.col("route_type").is_in(sorted(ROUTE_TYPES)))
    first = ", ".join(map(str, unknown["route_type"].head(1)))
    return _first("unexpected_enum_value", routes.file, "route_type", unknown, first)


def _describe_stops(tables: Tables) -> list[Finding]:
    platforms = tables["stops.txt"].rows.filter(pl.col("location_type").fill_null(0) == 0)
    served = tables["stop_times.txt"].rows["stop_id"].unique()
    unused = platforms.filter(~pl.col("stop_id").is_in(served.implode()))
    close = _too_close(platforms.drop_nulls(["stop_lat", "stop_lon"]))
    return [
        *_first("stop_without_stop_time", "stops.txt", "stop_id", unused),
        *_first("stops_too_close", "stops.txt", "stop_lat", close),
    ]


def _too_close(stops: pl.DataFrame) -> pl.DataFrame:
    """Return the later stop of each pair within the limit."""
    if stops.height < 2:
        return stops.clear()
    lat = stops["stop_lat"].to_numpy()
    shrink = np.cos(np.radians(lat))
    points = shapely.points(
        stops["stop_lon"].to_numpy() * shrink * _M_PER_DEGREE, lat * _M_PER_DEGREE
    )
    one, other = shapely.STRtree(points).query(points, "dwithin", distance=_TOO_CLOSE_M)
    return stops[np.unique(one[one > other])]


def _describe_times(tables: Tables) -> list[Finding]:
    table = tables["stop_times.txt"]
    rows = table.rows
    filled = rows.filter("is_estimated")
    given = {"arrival_time", "departure_time"} & set(table.text.columns)
    halves = table.text.filter(
        pl.col("arrival_time").is_null() != pl.col("departure_time").is_null()
        if len(given) == 2
        else pl.lit(value=bool(given))
    )
    file = table.file
    counts = tables["trips.txt"].rows.join(rows.group_by("trip_id").len(), on="trip_id", how="left")
    short = counts.filter(pl.col("len").fill_null(0) < 2)
    return [
        *_first("stop_time_interpolated", file, "arrival_time", filled),
        *_first("stop_time_with_only_arrival_or_departure_time", file, "departure_time", halves),
        *_first("unusable_trip", "trips.txt", "trip_id", short),
    ]


def _describe_calendar(tables: Tables, service_days: pl.DataFrame, today: date) -> list[Finding]:
    """Report services that have ended: each of calendar.txt, else all of calendar_dates.txt."""
    if "calendar.txt" in tables:
        ended = tables["calendar.txt"].rows.filter(pl.col("end_date") < today)
        last = ended.select(pl.col("end_date").max()).item()
        return _first("expired_calendar", "calendar.txt", "end_date", ended, str(last or ""))
    last = service_days["service_on"].max()
    if not isinstance(last, date) or last >= today:
        return []
    rows = tables["calendar_dates.txt"].rows
    return _first("expired_calendar", "calendar_dates.txt", "date", rows, f"{last}")
