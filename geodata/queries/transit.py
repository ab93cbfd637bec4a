"""Reads what the transit measures need: departures of a day, stops to board at, residents."""

import io
from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
from polars._typing import PolarsDataType
from psycopg import sql
from sqlalchemy import Connection, func, select

from geodata.tables import SCHEMA, gtfs_feed

DEPARTURE_SCHEMA: Mapping[str, PolarsDataType] = {
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

_SERVICE_SPANS = """
    SELECT DISTINCT (extract(epoch FROM starts_at) * 1000000)::bigint,
           (extract(epoch FROM ends_at) * 1000000)::bigint
    FROM {schema}.source_coverage
    WHERE table_name = 'departure' AND retired_by IS NULL
"""
_DEPARTURES = """
    SELECT source, run_id, route_id, direction_id, stop_id,
           (extract(epoch FROM departs_at) * 1000000)::bigint AS departs_at,
           is_estimated::int AS is_estimated, coalesce(cell, 0) AS cell, district_id
    FROM {schema}.departure
    WHERE retired_by IS NULL AND is_boardable
      AND departs_at >= {starts_at} AND departs_at < {ends_at}
"""
# A rail platform is reached by the entrances of its station, where the feed gives any.
_BOARDING_POINTS = """
    WITH stop AS (SELECT * FROM {schema}.gtfs_stop WHERE retired_by IS NULL AND geom IS NOT NULL),
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
_RESIDENTS = """
    SELECT coalesce(cell, 0) AS cell, district_id, residents, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM {schema}.population WHERE retired_by IS NULL AND residents > 0
"""


def read_service_dates(connection: Connection, timezone: str) -> list[date]:
    """Return the calendar days, in the city's zone, for which departures are completely known."""
    spans = _copy(connection, _SERVICE_SPANS, {"starts_at": _TIME, "ends_at": _TIME})
    local = pl.all().dt.convert_time_zone(timezone).dt.date()
    days = spans.select(local).select(
        pl.date_ranges("starts_at", "ends_at", closed="left").explode()
    )
    return days.to_series().drop_nulls().unique().sort().to_list()


def read_first_service_date(connection: Connection) -> date | None:
    """Return the earliest day on which any of the current feeds begins."""
    first = select(func.min(gtfs_feed.c.starts_on)).where(gtfs_feed.c.retired_by.is_(None))
    found: date | None = connection.execute(first).scalar_one()
    return found


def read_boardable_departures(
    connection: Connection, starts_at: datetime, ends_at: datetime
) -> pl.DataFrame:
    """Return the boardable departures from `starts_at` to before `ends_at` (DEPARTURE_SCHEMA)."""
    values = {"starts_at": starts_at, "ends_at": ends_at}
    return _copy(connection, _DEPARTURES, DEPARTURE_SCHEMA, values)


def read_boarding_points(connection: Connection) -> pl.DataFrame:
    """Return lon, lat of every place a resident walks to: stops, and entrances of rail stations."""
    return _copy(connection, _BOARDING_POINTS, {"lon": pl.Float64, "lat": pl.Float64})


def read_residents(connection: Connection) -> pl.DataFrame:
    """Return cell, district_id, residents, lon, lat of each population point (lon null: none)."""
    schema: Mapping[str, PolarsDataType] = {
        "cell": pl.Int64,
        "district_id": pl.String,
        "residents": pl.Float64,
        "lon": pl.Float64,
        "lat": pl.Float64,
    }
    return _copy(connection, _RESIDENTS, schema)


def _copy(
    connection: Connection,
    query: str,
    schema: Mapping[str, PolarsDataType],
    values: dict[str, datetime] | None = None,
) -> pl.DataFrame:
    """Return a query's rows by COPY, several times faster than fetching them."""
    bound = {name: sql.Literal(value) for name, value in (values or {}).items()}
    inner = sql.SQL(query).format(schema=sql.Identifier(SCHEMA), **bound)
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(inner)
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
