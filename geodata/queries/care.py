"""Reads the doctors of hospitals."""

import polars as pl
from sqlalchemy import Connection, func, select

from geodata.queries.frame import Schema, read_frame
from geodata.tables import facility

_SCHEMA: Schema = {
    "facility_id": pl.String,
    "grade": pl.String,
    "doctors": pl.Float64,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_doctors(connection: Connection) -> pl.DataFrame:
    """Return facility_id, grade (null: unknown), doctors, lon, lat of the active hospitals.

    Those without a place or without a count of doctors are left out; those beyond the city's edge
    are included.
    """
    c = facility.c
    statement = select(
        c.facility_id,
        c.attributes["grade"].astext,
        c.doctors,
        func.ST_X(c.geom),
        func.ST_Y(c.geom),
    ).where(
        c.retired_by.is_(None),
        c.kind == "hospital",
        c.is_active,
        c.geom.is_not(None),
        c.doctors > 0,
    )
    return read_frame(connection, statement.order_by(c.facility_id, c.source), _SCHEMA)
