"""Copies frames straight into a table, without comparing them with what is there."""

import polars as pl
from sqlalchemy import Connection, Table

from etl.batch import X
from etl.load.copy_binary import copy_records
from etl.load.records import driver
from etl.source.record_types import Kind, columns_of


def insert_rows(
    connection: Connection, table: Table, frame: pl.DataFrame, source: str, load_id: int
) -> int:
    """Add the frame's rows, with their provenance, and return how many there were."""
    copy_records(driver(connection), table, frame, _columns(table, frame), (source, load_id))
    return frame.height


def _columns(table: Table, frame: pl.DataFrame) -> dict[str, Kind]:
    """Return the table's columns that the frame has, and the point made of `@x` and `@y`."""
    has_point = X in frame.columns
    return {
        name: kind
        for name, kind in columns_of(table).items()
        if name in frame.columns or (name == "geom" and has_point)
    }
