"""Reads the places of emergencies."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, func, select
from sqlalchemy.sql.expression import false

from geodata.queries.frame import Schema, read_columns
from geodata.tables import incident

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
    c = incident.c
    left_out = (c.is_duplicate, c.is_test, c.is_cancelled, c.is_mutual_aid)
    statement = select(
        c.channel,
        c.cell,
        c.district_id,
        func.ST_X(c.geom).label("lon"),
        func.ST_Y(c.geom).label("lat"),
    ).where(
        c.retired_by.is_(None),
        c.channel.in_(channels),
        c.received_at >= since,
        c.geom.is_not(None),
        c.is_emergency,
        *(flag == false() for flag in left_out),
    )
    return read_columns(connection, statement, _SCHEMA)
