"""Reads the records of the transit measures: departures of a day, boarding points."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import LiteralString

import polars as pl
from polars._typing import PolarsDataType
from psycopg import sql
from sqlalchemy import Connection, Integer, cast, func, select

from geodata.queries.frame import Schema, in_order, read_columns
from geodata.space.grid import NO_CELL
from geodata.tables import departure, gtfs_feed, gtfs_stop

DEPARTURE_SCHEMA: Schema = {
    "source": pl.String,
    "run_id": pl.Int64,
    "route_id": pl.String,
    "direction_id": pl.Int64,
    "stop_id": pl.String,
    "departs_at": pl.Datetime("us", "UTC"),
    "is_estimated": pl.Boolean,
    "cell": pl.Int64,
    "district_id": pl.String,
}
_TIME = pl.Datetime("us", "UTC")

# The stops of a feed are covered for as long as its services run, its departures for the days
# that were expanded.
_SERVICE_SPANS = """
    SELECT source, table_name, (extract(epoch FROM starts_at) * 1000000)::bigint,
           (extract(epoch FROM ends_at) * 1000000)::bigint
    FROM source_coverage
    WHERE table_name IN ('departure', 'gtfs_stop') AND retired_by IS NULL
"""
_SPAN_SCHEMA: Mapping[str, PolarsDataType] = {
    "source": pl.String,
    "table_name": pl.String,
    "starts_at": _TIME,
    "ends_at": _TIME,
}
# A rail platform is reached by the entrances of its station, where the feed gives any.
_BOARDING_POINTS = """
    WITH stop AS (SELECT * FROM gtfs_stop WHERE retired_by IS NULL AND geom IS NOT NULL),
    boarded AS (SELECT * FROM stop WHERE is_boardable),
    entrance AS (
        SELECT DISTINCT e.stop_row, e.source, e.parent_station, e.geom
        FROM stop e JOIN boarded b USING (source, parent_station)
        WHERE e.location_type = 2 AND b.is_rail
    )
    SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrance
    UNION ALL
    SELECT ST_X(geom), ST_Y(geom) FROM boarded b
    WHERE NOT (b.is_rail AND EXISTS (
        SELECT FROM entrance e WHERE (e.source, e.parent_station) = (b.source, b.parent_station)))
"""


def read_service_dates(connection: Connection, timezone: str) -> list[date]:
    """Return the calendar days, in the city's zone, for which all departures are known.

    A day is left out while any feed whose services run on it has not been expanded for it: the
    others alone would be taken for all the service there is.
    """
    spans = _copy(connection, _SERVICE_SPANS, _SPAN_SCHEMA)
    local = pl.col("starts_at", "ends_at").dt.convert_time_zone(timezone).dt.date()
    days = (
        spans.with_columns(local)
        .select(
            "source",
            "table_name",
            pl.date_ranges("starts_at", "ends_at", closed="left").alias("day"),
        )
        .explode("day")
        .drop_nulls("day")
    )
    expanded = days.filter(pl.col("table_name") == departure.name)
    running = days.filter(pl.col("table_name") == gtfs_stop.name)
    unknown = running.join(expanded, on=["source", "day"], how="anti")["day"]
    complete = expanded["day"].unique().sort()
    return complete.filter(~complete.is_in(unknown.implode())).to_list()


def read_first_service_date(connection: Connection) -> date | None:
    """Return the earliest day on which any of the current feeds begins."""
    first = select(func.min(gtfs_feed.c.starts_on)).where(gtfs_feed.c.retired_by.is_(None))
    found: date | None = connection.execute(first).scalar_one()
    return found


def read_boardable_departures(
    connection: Connection, starts_at: datetime, ends_at: datetime
) -> pl.DataFrame:
    """Return the boardable departures from `starts_at` to before `ends_at` (DEPARTURE_SCHEMA)."""
    c = departure.c
    statement = select(
        c.source,
        c.run_id,
        c.route_id,
        c.direction_id,
        c.stop_id,
        c.departs_at,
        cast(c.is_estimated, Integer),
        func.coalesce(c.cell, NO_CELL).label("cell"),
        c.district_id,
    ).where(
        c.retired_by.is_(None),
        c.is_boardable,
        c.departs_at >= starts_at,
        c.departs_at < ends_at,
    )
    return read_columns(connection, statement, DEPARTURE_SCHEMA)


def read_boarding_points(connection: Connection) -> pl.DataFrame:
    """Return lon, lat of every place a resident walks to: stops, and entrances of rail stations."""
    return in_order(_copy(connection, _BOARDING_POINTS, {"lon": pl.Float64, "lat": pl.Float64}))


def _copy(
    connection: Connection, query: LiteralString, schema: Mapping[str, PolarsDataType]
) -> pl.DataFrame:
    """Return a query's rows by COPY, several times faster than fetching them."""
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(query))
    cursor = connection.connection.cursor()
    buffer = io.BytesIO()
    with cursor.copy(statement) as copy:
        for block in copy:
            buffer.write(block)
    return _parse(buffer.getvalue(), schema)


def _parse(data: bytes, schema: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Read the CSV of a COPY: times are microseconds since 1970, truths are 0 and 1."""
    if not data:
        return pl.DataFrame(schema=dict(schema))
    plain = {
        name: pl.Int64 if kind == pl.Boolean or kind == _TIME else kind
        for name, kind in schema.items()
    }
    frame = pl.read_csv(io.BytesIO(data), has_header=False, schema=plain)
    return frame.cast({name: schema[name] for name in schema})
