"""Reads the timetable itself: how long places are served a day, what lies between two stops.

Identifiers belong to a feed: every join is on the source too, since feeds of two operators may use
the same ids.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl
from sqlalchemy import Connection, text

from geodata.queries.frame import Schema

SERVED_SCHEMA: Schema = {
    "service_on": pl.Date,
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
SHAPE_SCHEMA: Schema = {"source": pl.String, "shape_id": pl.String, "geom": pl.Binary}

# A service day's clock starts at noon less 12 h of the feed's own zone.
_SERVED = """
    SELECT d.service_on, coalesce(d.cell, 0), d.district_id, count(*),
           min(s.second), max(s.second), bit_or(1::bigint << least(s.second / 3600, 62)::int),
           bool_or(d.is_estimated)
    FROM ops.departure d
    JOIN ops.gtfs_feed f ON f.source = d.source AND f.retired_by IS NULL
    CROSS JOIN LATERAL (SELECT extract(epoch FROM d.departs_at
        - ((d.service_on + time '12:00') AT TIME ZONE f.timezone - interval '12 hours')
        )::bigint AS second) s
    WHERE d.retired_by IS NULL AND d.is_boardable AND d.service_on = ANY(:dates)
    GROUP BY 1, 2, 3
"""
# How often a trip runs on a day of its service: once, or at every start of its frequencies.
_SEGMENTS = """
    WITH starts AS (
        SELECT source, trip_id, sum(ceil((end_s - start_s) / headway_s::float))::bigint AS runs
        FROM ops.gtfs_frequency WHERE retired_by IS NULL GROUP BY 1, 2
    ), leg AS (
        SELECT source, trip_id, stop_id, shape_dist_traveled, departure_s, is_estimated,
               lead(stop_id) OVER trip AS to_stop_id,
               lead(shape_dist_traveled) OVER trip AS to_dist,
               lead(is_estimated) OVER trip AS to_estimated,
               CASE WHEN lead(stop_sequence, 2) OVER trip IS NULL
                    THEN lead(arrival_s) OVER trip ELSE lead(departure_s) OVER trip END AS to_s
        FROM ops.gtfs_stop_time WHERE retired_by IS NULL
        WINDOW trip AS (PARTITION BY source, trip_id ORDER BY stop_sequence)
    )
    SELECT t.source, t.service_id, coalesce(t.shape_id, ''), l.stop_id, l.to_stop_id,
           l.shape_dist_traveled, l.to_dist, (l.to_s - l.departure_s)::bigint,
           sum(coalesce(s.runs, 1))::bigint, bool_or(l.is_estimated OR l.to_estimated)
    FROM leg l
    JOIN ops.gtfs_trip t ON (t.source, t.trip_id) = (l.source, l.trip_id) AND t.retired_by IS NULL
    LEFT JOIN starts s ON (s.source, s.trip_id) = (l.source, l.trip_id)
    WHERE l.to_stop_id IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_SERVICE_DAYS = """
    SELECT source, service_id, service_on FROM ops.gtfs_service_day
    WHERE retired_by IS NULL AND service_on = ANY(:dates)
"""
_STOPS = """
    SELECT source, stop_id, ST_X(geom), ST_Y(geom) FROM ops.gtfs_stop
    WHERE retired_by IS NULL AND geom IS NOT NULL
"""
_SHAPES = """
    SELECT source, shape_id, ST_AsBinary(geom) FROM ops.gtfs_shape WHERE retired_by IS NULL
"""


def read_served(connection: Connection, dates: Sequence[date]) -> pl.DataFrame:
    """Return when each cell is served on service days (SERVED_SCHEMA).

    `first_s`, `last_s` are seconds of the service day of the first and last boardable departure,
    bit h of `hour_bits` says that there is one in clock hour h (24 and above: past midnight).
    """
    return _rows(connection, _SERVED, SERVED_SCHEMA, dates=list(dates))


def read_segments(connection: Connection) -> pl.DataFrame:
    """Return the ways from stop to stop of each service and how often a day they are run.

    `seconds` is from departure to departure, dwelling included, to the arrival at a trip's end.
    `shape_id` is blank and distances are null where the feed gives none.
    """
    return _rows(connection, _SEGMENTS, SEGMENT_SCHEMA)


def read_running_services(connection: Connection, dates: Sequence[date]) -> pl.DataFrame:
    """Return which services of which feed run on the dates."""
    return _rows(connection, _SERVICE_DAYS, SERVICE_DAY_SCHEMA, dates=list(dates))


def read_stop_places(connection: Connection) -> pl.DataFrame:
    """Return where the stops of every feed lie."""
    return _rows(connection, _STOPS, STOP_SCHEMA)


def read_shapes(connection: Connection) -> pl.DataFrame:
    """Return the shapes of every feed as WKB lines in WGS-84."""
    return _rows(connection, _SHAPES, SHAPE_SCHEMA)


def _rows(connection: Connection, query: str, schema: Schema, **values: object) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(text(query), values)]
    return pl.DataFrame(rows, schema=dict(schema), orient="row")
