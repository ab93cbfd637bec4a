"""Reads the road graph."""

import polars as pl
from sqlalchemy import Connection, Integer, cast, func, select

from geodata.queries.frame import Schema, read_columns
from geodata.tables import road_edge, road_node

_NODE_SCHEMA: Schema = {"node_id": pl.Int64, "lon": pl.Float64, "lat": pl.Float64}
_EDGE_SCHEMA: Schema = {
    "from_node": pl.Int64,
    "to_node": pl.Int64,
    "length_m": pl.Float64,
    "drive_s": pl.Float64,
    "is_drivable": pl.Boolean,
    "is_drivable_back": pl.Boolean,
    "is_walkable": pl.Boolean,
}


def read_road_nodes(connection: Connection) -> pl.DataFrame:
    """Return node_id, lon, lat of the current crossings, by number.

    A crossing that two extracts share is one: OpenStreetMap numbers are the same everywhere.
    """
    c = road_node.c
    statement = select(c.node_id, func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"))
    frame = read_columns(connection, statement.where(c.retired_by.is_(None)), _NODE_SCHEMA)
    return frame.sort("node_id", "lon", "lat").unique("node_id", keep="first", maintain_order=True)


def read_road_edges(connection: Connection) -> pl.DataFrame:
    """Return the current stretches: their ends, length, seconds by car and who may use them."""
    c = road_edge.c
    statement = select(
        c.from_node,
        c.to_node,
        c.length_m,
        c.drive_s,
        cast(c.is_drivable, Integer).label("is_drivable"),
        cast(c.is_drivable_back, Integer).label("is_drivable_back"),
        cast(c.is_walkable, Integer).label("is_walkable"),
    ).where(c.retired_by.is_(None))
    return read_columns(connection, statement, _EDGE_SCHEMA)
