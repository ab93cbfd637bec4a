"""Reads the records of the geometric measures: facilities, tiles, open incidents."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    cast,
    func,
    or_,
    select,
)

from geodata.queries.counted_events import current_events
from geodata.queries.frame import Schema, in_order, read_columns, read_frame
from geodata.tables import facility, incident, speed_tile
from geodata.tables.counted import NOT_COUNTED, is_current

_NEVER = -1  # a column read as bytes has no nulls
_TIME = pl.Datetime("us", "UTC")
_PLACE: Schema = {"cell": pl.Int64, "district_id": pl.String, "lon": pl.Float64, "lat": pl.Float64}


def _microseconds(column: ColumnElement[object]) -> ColumnElement[int]:
    return cast(func.extract("epoch", column) * 1_000_000, BigInteger)


def read_facilities(connection: Connection, kinds: Sequence[str]) -> pl.DataFrame:
    """Return the current facilities of some kinds that have a place.

    Columns: facility_id, kind, is_active, last_seen_at, footprint (hexadecimal WKB, null for a
    point), cell (0: none), district_id, lon, lat.
    """
    c = facility.c
    statement = select(
        c.facility_id,
        c.kind,
        cast(c.is_active, Integer),
        _microseconds(c.last_seen_at),
        func.encode(func.ST_AsBinary(c.footprint), "hex"),
        func.coalesce(c.cell, 0),
        c.district_id,
        func.ST_X(c.geom),
        func.ST_Y(c.geom),
    ).where(c.retired_by.is_(None), c.kind.in_(kinds), c.geom.is_not(None))
    schema: Schema = {
        "facility_id": pl.String,
        "kind": pl.String,
        "is_active": pl.Int8,
        "last_seen_at": pl.Int64,
        "footprint": pl.String,
        **_PLACE,
    }
    frame = read_frame(connection, statement.order_by(c.facility_id), schema)
    return frame.cast({"is_active": pl.Boolean, "last_seen_at": _TIME})


def read_speed_tiles(connection: Connection, column: str) -> pl.DataFrame:
    """Return quadkey, technology, quarter_on, tests, mean and the outline of each current tile.

    `column` is the averaged column, for example `avg_d_kbps`; `mean` holds it, null where the
    tile has none. The outline is hexadecimal WKB.
    """
    c = speed_tile.c
    outline = func.encode(func.ST_AsBinary(c.geom), "hex")
    statement = (
        select(c.quadkey, c.technology, c.quarter_on, c.tests, c[column], outline)
        .where(c.retired_by.is_(None), c.geom.is_not(None), c.tests > 0)
        .order_by(c.quadkey, c.technology, c.quarter_on)
    )
    schema: Schema = {
        "quadkey": pl.String,
        "technology": pl.String,
        "quarter_on": pl.Date,
        "tests": pl.Int64,
        "mean": pl.Float64,
        "outline": pl.String,
    }
    return read_frame(connection, statement, schema)


def read_received(connection: Connection) -> dict[str, tuple[datetime, datetime]]:
    """Return when each channel received its first and its last real event."""
    c = incident.c
    statement = select(c.channel, func.min(c.received_at), func.max(c.received_at))
    rows = connection.execute(
        statement.where(is_current(incident, NOT_COUNTED)).group_by(c.channel)
    )
    return {channel: (first, last) for channel, first, last in rows}


def read_open_spans(connection: Connection, since: datetime) -> pl.DataFrame:
    """Return channel, cell (0: none), district_id, received_at and closed_at of real events.

    Those closed until `since` are left out; `closed_at` is null while open.
    """
    event = current_events()
    c = event.c
    statement = select(
        c.channel,
        func.coalesce(c.cell, 0),
        c.district_id,
        _microseconds(c.received_at),
        func.coalesce(_microseconds(c.closed_at), _NEVER),
    ).where(is_current(event, NOT_COUNTED), or_(c.closed_at.is_(None), c.closed_at > since))
    schema: Schema = {
        "channel": pl.String,
        "cell": pl.Int64,
        "district_id": pl.String,
        "received_at": pl.Int64,
        "closed_at": pl.Int64,
    }
    frame = in_order(read_columns(connection, statement, schema))
    known = frame.with_columns(pl.col("closed_at").replace(_NEVER, None))
    return known.cast({"received_at": _TIME, "closed_at": _TIME})
