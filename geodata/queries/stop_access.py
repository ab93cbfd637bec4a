"""Reads the places where passengers enter the stops of the timetable."""

import polars as pl
from sqlalchemy import Connection, Integer, and_, cast, exists, func, select, union_all

from geodata.queries.frame import Schema, read_columns
from geodata.tables import gtfs_stop

ACCESS_SCHEMA: Schema = {
    "source": pl.String,
    "stop_id": pl.String,
    "is_rail": pl.Boolean,
    "lon": pl.Float64,
    "lat": pl.Float64,
}
_ENTRANCE = 2  # location_type


def read_stop_access(connection: Connection) -> pl.DataFrame:
    """Return each stop where one may board, once for every place where one enters it.

    That is the stop itself, except for a rail platform whose station has entrances: those.
    """
    stop, entrance = gtfs_stop.alias("stop"), gtfs_stop.alias("entrance")
    of_station = and_(
        entrance.c.source == stop.c.source,
        entrance.c.parent_station == stop.c.parent_station,
        entrance.c.location_type == _ENTRANCE,
        entrance.c.retired_by.is_(None),
        entrance.c.geom.is_not(None),
        stop.c.is_rail,
    )
    boarded = and_(stop.c.retired_by.is_(None), stop.c.geom.is_not(None), stop.c.is_boardable)
    parts = [
        select(
            stop.c.source,
            stop.c.stop_id,
            cast(stop.c.is_rail, Integer).label("is_rail"),
            func.ST_X(place.c.geom).label("lon"),
            func.ST_Y(place.c.geom).label("lat"),
        )
        for place in (entrance, stop)
    ]
    entered = parts[0].join_from(stop, entrance, of_station).where(boarded)
    direct = parts[1].where(boarded, ~exists().where(of_station).correlate(stop))
    return read_columns(connection, select(union_all(entered, direct).subquery()), ACCESS_SCHEMA)
