"""Reads the places of emergencies."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, func, select

from geodata.queries.counted_events import current_events
from geodata.queries.frame import Schema, in_order, read_columns
from geodata.tables.counted import NOT_COUNTED, is_current

_SCHEMA: Schema = {
    "channel": pl.String,
    "cell": pl.Int64,
    "district_id": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_event_places(
    connection: Connection, channels: Sequence[str], since: datetime
) -> pl.DataFrame:
    """Return channel, cell, district_id, lon, lat of the real events of some numbers that have one.

    Duplicates, tests, cancelled calls, mutual aid and non-emergencies are left out.
    """
    event = current_events()
    c = event.c
    statement = select(
        c.channel,
        c.cell,
        c.district_id,
        func.ST_X(c.geom).label("lon"),
        func.ST_Y(c.geom).label("lat"),
    ).where(
        is_current(event, NOT_COUNTED),
        c.channel.in_(channels),
        c.received_at >= since,
        c.geom.is_not(None),
        c.is_emergency,
    )
    return in_order(read_columns(connection, statement, _SCHEMA))
