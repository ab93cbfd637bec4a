"""Reads fire and ambulance stations with their class."""

import polars as pl
from sqlalchemy import Connection, func, select

from geodata.queries.frame import Schema, read_frame
from geodata.tables import facility

_SCHEMA: Schema = {
    "facility_id": pl.String,
    "name": pl.String,
    "class": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_stations(connection: Connection, kind: str) -> pl.DataFrame:
    """Return facility_id, name, class (null: unknown), lon, lat of the active stations."""
    c = facility.c
    statement = select(
        c.facility_id, c.name, c.attributes["class"].astext, func.ST_X(c.geom), func.ST_Y(c.geom)
    ).where(c.retired_by.is_(None), c.kind == kind, c.is_active, c.geom.is_not(None))
    return read_frame(connection, statement.order_by(c.facility_id, c.source), _SCHEMA)
