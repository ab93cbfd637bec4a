"""Reads the timetable: the hours of service of each place, the segments between stops.

Identifiers belong to a feed: every join is on the load too, because feeds of two operators, and two
editions of one, may use the same ids. The editions read are those in force and those before them
that still speak for past days; `source` is the source's key, with `@` and the load for the latter.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
from sqlalchemy import Connection, text

from geodata.queries.frame import Schema
from geodata.queries.transit import read_service_dates

SERVED_SCHEMA: Schema = {
    "source": pl.String,
    "service_id": pl.String,
    "cell": pl.Int64,
    "district_id": pl.String,
    "n": pl.Int64,
    "first_s": pl.Int64,
    "last_s": pl.Int64,
    "hour_bits": pl.Int64,
    "is_estimated": pl.Boolean,
}
SEGMENT_SCHEMA: Schema = {
    "source": pl.String,
    "service_id": pl.String,
    "shape_id": pl.String,
    "from_stop_id": pl.String,
    "to_stop_id": pl.String,
    "from_dist": pl.Float64,
    "to_dist": pl.Float64,
    "pattern": pl.Int64,
    "position": pl.Int64,
    "seconds": pl.Int64,
    "runs": pl.Int64,
    "is_estimated": pl.Boolean,
}
SERVICE_DAY_SCHEMA: Schema = {
    "source": pl.String, "service_id": pl.String, "service_on": pl.Date,
}  # fmt: skip
STOP_SCHEMA: Schema = {
    "source": pl.String, "stop_id": pl.String, "lon": pl.Float64, "lat": pl.Float64,
}  # fmt: skip
PATTERN_SCHEMA: Schema = {
    "source": pl.String, "shape_id": pl.String, "pattern": pl.Int64,
    "stop_ids": pl.List(pl.String),
}  # fmt: skip
SHAPE_SCHEMA: Schema = {"source": pl.String, "shape_id": pl.String, "geom": pl.Binary}

_EDITIONS = """
    SELECT load_id FROM gtfs_feed
    WHERE retired_by IS NULL OR speaks_until > coalesce(speaks_from, DATE '0001-01-01')
"""
# Boardable calls of the timetable, once for every start of a trip run by frequencies.
_SERVED = """
    WITH call AS (
        SELECT load_id, trip_id, stop_id, departure_s, pickup_type, is_estimated, stop_sequence,
               max(stop_sequence) OVER trip AS last_sequence
        FROM gtfs_stop_time WHERE load_id = ANY(:editions)
        WINDOW trip AS (PARTITION BY load_id, trip_id)
    ), repeated AS MATERIALIZED (
        SELECT * FROM gtfs_frequency WHERE load_id = ANY(:editions)
    ), first AS MATERIALIZED (
        SELECT load_id, trip_id, min(departure_s) AS first_s FROM gtfs_stop_time
        WHERE load_id = ANY(:editions)
            AND (load_id, trip_id) IN (SELECT load_id, trip_id FROM repeated)
        GROUP BY 1, 2
    ), starts AS MATERIALIZED (
        SELECT f.load_id, f.trip_id, begin_s - first_s AS shift, NOT f.exact_times AS is_loose
        FROM repeated f JOIN first USING (load_id, trip_id),
             generate_series(f.start_s, f.end_s - 1, f.headway_s) AS begin_s
    )
    SELECT CASE WHEN t.retired_by IS NULL THEN t.source ELSE t.source || '@' || t.load_id END,
           t.service_id, coalesce(p.cell, 0), p.district_id, count(*),
           min(c.departure_s + coalesce(s.shift, 0))::bigint,
           max(c.departure_s + coalesce(s.shift, 0))::bigint,
           bit_or(1::bigint << least((c.departure_s + coalesce(s.shift, 0)) / 3600, 62)),
           bool_or(c.is_estimated OR coalesce(s.is_loose, false))
    FROM call c
    JOIN gtfs_trip t ON (t.load_id, t.trip_id) = (c.load_id, c.trip_id)
    JOIN gtfs_stop p ON (p.load_id, p.stop_id) = (c.load_id, c.stop_id)
    LEFT JOIN starts s ON (s.load_id, s.trip_id) = (c.load_id, c.trip_id)
    WHERE c.pickup_type <> 1 AND c.stop_sequence < c.last_sequence
    GROUP BY 1, 2, 3, 4
"""
# Where on a shape a stop lies depends on the other stops of the trip.
_PATTERNS = """
    SELECT DISTINCT ON (1, 2, 3)
           CASE WHEN t.retired_by IS NULL THEN t.source ELSE t.source || '@' || t.load_id END,
           t.shape_id, hashtextextended(string_agg(stop_id, E'\x1f' ORDER BY stop_sequence), 0),
           array_agg(stop_id ORDER BY stop_sequence)
    FROM gtfs_stop_time c JOIN gtfs_trip t USING (load_id, trip_id)
    WHERE c.load_id = ANY(:editions) AND t.shape_id IS NOT NULL
    GROUP BY t.source, t.retired_by, t.load_id, t.shape_id, trip_id ORDER BY 1, 2, 3
"""
# How often a trip runs on a day of its service: once, or at every start of its frequencies.
_SEGMENTS = """
    WITH starts AS (
        SELECT load_id, trip_id, sum(ceil((end_s - start_s) / headway_s::float))::bigint AS runs
        FROM gtfs_frequency WHERE load_id = ANY(:editions) GROUP BY 1, 2
    ), leg AS (
        SELECT load_id, trip_id, stop_id, shape_dist_traveled, departure_s, is_estimated,
               lead(stop_id) OVER trip AS to_stop_id,
               lead(shape_dist_traveled) OVER trip AS to_dist,
               lead(is_estimated) OVER trip AS to_estimated,
               row_number() OVER trip - 1 AS position,
               hashtextextended(string_agg(stop_id, E'\x1f') OVER whole, 0) AS pattern,
               CASE WHEN lead(stop_sequence, 2) OVER trip IS NULL
                    THEN lead(arrival_s) OVER trip ELSE lead(departure_s) OVER trip END AS to_s
        FROM gtfs_stop_time WHERE load_id = ANY(:editions)
        WINDOW trip AS (PARTITION BY load_id, trip_id ORDER BY stop_sequence),
               whole AS (trip ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
    SELECT CASE WHEN t.retired_by IS NULL THEN t.source ELSE t.source || '@' || t.load_id END,
           t.service_id, coalesce(t.shape_id, ''), l.stop_id, l.to_stop_id,
           l.shape_dist_traveled, l.to_dist, CASE WHEN t.shape_id IS NULL THEN 0 ELSE l.pattern END,
           CASE WHEN t.shape_id IS NULL THEN 0 ELSE l.position END,
           (l.to_s - l.departure_s)::bigint,
           sum(coalesce(s.runs, 1))::bigint, bool_or(l.is_estimated OR l.to_estimated)
    FROM leg l
    JOIN gtfs_trip t ON (t.load_id, t.trip_id) = (l.load_id, l.trip_id)
    LEFT JOIN starts s ON (s.load_id, s.trip_id) = (l.load_id, l.trip_id)
    WHERE l.to_stop_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_SERVICE_DAYS = """
    SELECT CASE WHEN d.retired_by IS NULL THEN d.source ELSE d.source || '@' || d.load_id END,
           d.service_id, d.service_on
    FROM gtfs_service_day d JOIN gtfs_feed f USING (load_id)
    WHERE d.load_id = ANY(:editions) AND d.service_on = ANY(:dates)
        AND (f.speaks_from IS NULL OR d.service_on >= f.speaks_from)
        AND (f.speaks_until IS NULL OR d.service_on < f.speaks_until)
"""
# Days of the week without service count where the feed runs before and after them.
_RAN = """
    SELECT DISTINCT day::date FROM gtfs_feed f,
           generate_series(greatest(f.starts_on, f.speaks_from, CAST(:first AS date)),
                           least(f.ends_on, f.speaks_until - 1, CAST(:end AS date) - 1),
                           interval '1 day') AS day
    WHERE f.load_id = ANY(:editions) ORDER BY 1
"""
_STOPS = """
    SELECT CASE WHEN retired_by IS NULL THEN source ELSE source || '@' || load_id END,
           stop_id, ST_X(geom), ST_Y(geom) FROM gtfs_stop
    WHERE load_id = ANY(:editions) AND geom IS NOT NULL
"""
_SHAPES = """
    SELECT CASE WHEN retired_by IS NULL THEN source ELSE source || '@' || load_id END,
           shape_id, ST_AsBinary(geom) FROM gtfs_shape WHERE load_id = ANY(:editions)
"""


def read_served(connection: Connection) -> pl.DataFrame:
    """Return when each cell is served by the services of the feeds (SERVED_SCHEMA).

    `first_s`, `last_s` are seconds of the service day of the first and last boardable departure,
    bit h of `hour_bits` says that there is one in clock hour h (24 and above: past midnight).
    """
    return _rows(connection, _SERVED, SERVED_SCHEMA)


def read_segments(connection: Connection) -> pl.DataFrame:
    """Return the ways from stop to stop of each service and how often a day they are run.

    `seconds` is from departure to departure, dwelling included, to the arrival at a trip's end.
    `shape_id` is blank and distances are null where the feed gives none. `pattern` names the stops
    of the whole trip (`read_patterns`) and `position` the way's place among them, both 0 without a
    shape.
    """
    return _rows(connection, _SEGMENTS, SEGMENT_SCHEMA)


def read_patterns(connection: Connection) -> pl.DataFrame:
    """Return the distinct lists of stops that the trips along each shape call at, in order."""
    return _rows(connection, _PATTERNS, PATTERN_SCHEMA)


def read_running_dates(connection: Connection, timezone: str, past_days: int) -> list[date]:
    """Return the service days to compute: those fully expanded, and some days before them.

    The timetable is known for every day its feeds run; of the days before the expanded ones, the
    last `past_days` on which any feed runs are taken.
    """
    expanded = read_service_dates(connection, timezone)
    if not expanded:
        return []
    first = expanded[0]
    since = {"first": first - timedelta(days=past_days), "end": first}
    ran = connection.execute(text(_RAN), since | {"editions": _read_editions(connection)}).scalars()
    return [*ran, *expanded]


def read_running_services(connection: Connection, dates: Sequence[date]) -> pl.DataFrame:
    """Return which services of which feed run on the dates, of the feed that speaks for each."""
    return _rows(connection, _SERVICE_DAYS, SERVICE_DAY_SCHEMA, dates=list(dates))


def read_stop_places(connection: Connection) -> pl.DataFrame:
    """Return where the stops of every feed lie."""
    return _rows(connection, _STOPS, STOP_SCHEMA)


def read_shapes(connection: Connection) -> pl.DataFrame:
    """Return the shapes of every feed as WKB lines in WGS-84."""
    return _rows(connection, _SHAPES, SHAPE_SCHEMA)


def _rows(connection: Connection, query: str, schema: Schema, **values: object) -> pl.DataFrame:
    editions = {"editions": _read_editions(connection)}
    rows = [tuple(row) for row in connection.execute(text(query), values | editions)]
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _read_editions(connection: Connection) -> list[int]:
    """Return the loads of the feeds that speak for any day."""
    return list(connection.execute(text(_EDITIONS)).scalars())
