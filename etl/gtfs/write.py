"""Adds frames to the `gtfs_*` tables and to `departure` through a binary staging table."""

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, Table

from etl.copy import copy_frame
from etl.load import driver
from etl.place import X
from etl.targets import Kind, Target
from geodata.tables import SCHEMA

_STAGING = "occ_gtfs_staging"
_SQL_TYPES: dict[Kind, str] = {
    "text": "text",
    "int": "bigint",  # the binary writer writes every whole number in eight bytes
    "float": "double precision",
    "bool": "boolean",
    "time": "timestamptz",
    "date": "date",
    "json": "jsonb",
    "geometry": "geometry",
}


def insert_rows(
    connection: Connection, table: Table, frame: pl.DataFrame, source: str, load_id: int
) -> int:
    """Add the frame's rows, with their provenance, and return how many there were."""
    columns = _columns(table, frame)
    raw = driver(connection)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    staging = sql.Identifier(_STAGING)
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_SQL_TYPES[kind]))
        for name, kind in columns.items()
    )
    raw.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({})").format(staging, definition))
    copy_frame(raw, _STAGING, frame, columns)
    raw.execute(
        sql.SQL("INSERT INTO {} (source, load_id, {}) SELECT {}, {}, {} FROM {}").format(
            sql.Identifier(SCHEMA, table.name),
            names,
            sql.Literal(source),
            sql.Literal(load_id),
            names,
            staging,
        )
    )
    raw.execute(sql.SQL("DROP TABLE {}").format(staging))
    return frame.height


def _columns(table: Table, frame: pl.DataFrame) -> dict[str, Kind]:
    """Return the table's columns that the frame has, and the point made of `@x` and `@y`."""
    has_point = X in frame.columns
    return {
        name: kind
        for name, kind in Target(table, key=(), required=()).columns.items()
        if name in frame.columns or (name == "geom" and has_point)
    }
