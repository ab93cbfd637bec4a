"""Turns a checked feed into the rows of the `gtfs_*` tables."""

from datetime import date

import polars as pl

from etl.gtfs.feed import Feed
from etl.gtfs.fields import RAIL_ROUTE_TYPES
from etl.gtfs.timetable import latest_second

Records = dict[str, pl.DataFrame]


def build_records(feed: Feed) -> Records:
    """Return the rows of each `gtfs_*` table but `gtfs_shape`, without provenance.

    `gtfs_stop` still has its place as `original_lon`, `original_lat`, `@x` and `@y`.
    """
    records = {
        "gtfs_feed": _build_feed(feed),
        "gtfs_stop": _build_stops(feed),
        "gtfs_route": feed.rows("routes.txt").drop("row_number"),
        "gtfs_trip": feed.rows("trips.txt").drop("row_number"),
        "gtfs_stop_time": _build_stop_times(feed.rows("stop_times.txt")),
        "gtfs_service_day": feed.service_days,
    }
    if "frequencies.txt" in feed.tables:
        records["gtfs_frequency"] = _build_frequencies(feed.rows("frequencies.txt"))
    return records


def read_service_span(feed: Feed) -> tuple[date, date] | None:
    """Return the first and the last day any service runs; none if no service ever runs."""
    days: list[date] = feed.service_days["service_on"].unique().sort().to_list()
    return (days[0], days[-1]) if days else None


def _build_feed(feed: Feed) -> pl.DataFrame:
    info = feed.tables.get("feed_info.txt")
    first = info.rows.row(0, named=True) if info is not None and info.rows.height else {}
    agency = feed.rows("agency.txt")["agency_name"].drop_nulls()
    publisher = first.get("feed_publisher_name") or next(iter(agency), None)
    span = read_service_span(feed)
    return pl.DataFrame(
        {
            "timezone": [feed.timezone],
            "publisher": [publisher],
            "version": [first.get("feed_version")],
            "starts_on": [first.get("feed_start_date") or (span[0] if span else None)],
            "ends_on": [first.get("feed_end_date") or (span[1] if span else None)],
            "max_time_s": [latest_second(feed)],
        }
    )


def _build_stop_times(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "trip_id",
        "stop_sequence",
        "stop_id",
        pl.col("arrival_time").alias("arrival_s"),
        pl.col("departure_time").alias("departure_s"),
        pl.col("pickup_type", "drop_off_type").fill_null(0),
        "timepoint",
        "shape_dist_traveled",
        "is_estimated",
    )


def _build_frequencies(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "trip_id",
        pl.col("start_time").alias("start_s"),
        pl.col("end_time").alias("end_s"),
        pl.col("headway_secs").alias("headway_s"),
        pl.col("exact_times").fill_null(0).eq(1),
    )


def _build_stops(feed: Feed) -> pl.DataFrame:
    stops = feed.rows("stops.txt").with_columns(pl.col("location_type").fill_null(0))
    calls = _calls(feed)
    boardable = calls.filter("is_boardable")["stop_id"].unique()
    rail = _with_station(stops, calls.filter("is_rail")["stop_id"].unique())
    return stops.select(
        "stop_id",
        "stop_name",
        "location_type",
        "parent_station",
        pl.col("stop_id").is_in(boardable.implode()).alias("is_boardable"),
        pl.col("stop_id").is_in(rail.implode()).alias("is_rail"),
        pl.col("stop_lon").alias("original_lon"),
        pl.col("stop_lat").alias("original_lat"),
        "@x",
        "@y",
        "cell",
        "district_id",
    )


def _calls(feed: Feed) -> pl.DataFrame:
    """Return stop, whether one may board there, and whether by rail, for trips that ever run."""
    running = feed.service_days["service_id"].unique()
    trips = feed.rows("trips.txt").filter(pl.col("service_id").is_in(running.implode()))
    kinds = feed.rows("routes.txt").select(
        "route_id", pl.col("route_type").is_in(sorted(RAIL_ROUTE_TYPES)).alias("is_rail")
    )
    return (
        feed.rows("stop_times.txt")
        .join(trips.select("trip_id", "route_id"), on="trip_id")
        .join(kinds, on="route_id")
        .select(
            "stop_id",
            ((pl.col("pickup_type").fill_null(0) != 1) & ~pl.col("is_last")).alias("is_boardable"),
            "is_rail",
        )
    )


def _with_station(stops: pl.DataFrame, served: pl.Series) -> pl.Series:
    """Return the stops served, their stations, and all other parts of those stations."""
    stations = stops.filter(pl.col("stop_id").is_in(served.implode()))[
        "parent_station"
    ].drop_nulls()
    parts = stops.filter(pl.col("parent_station").is_in(stations.implode()))["stop_id"]
    return pl.concat([served, stations, parts]).unique()
