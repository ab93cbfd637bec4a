"""Reads the published numbers."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from sqlalchemy import Connection, ScalarSelect, select

from geodata.queries.frame import Schema, read_columns
from geodata.space.grid import Cells
from geodata.tables import published_district, published_layer, published_value

_NUMBERS = ("value", "lo", "hi", "n", "status")
_KINDS: Schema = {
    "value": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
    "status": pl.Int64,
}


def read_published_values(connection: Connection, name: str, cells: Sequence[int]) -> pl.DataFrame:
    """Return cell and numbers of a layer at those of the cells that it has."""
    c = published_value.c
    statement = select(c.cell, *(c[each] for each in _NUMBERS)).where(
        c.layer_id == _layer_id(name), c.cell.in_(list(cells))
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema={"cell": pl.Int64, **_KINDS}, orient="row")


def read_cells_of(connection: Connection, name: str, res: int) -> Cells:
    """Return a layer's cells of a resolution, ascending."""
    c = published_value.c
    statement = select(c.cell).where(c.layer_id == _layer_id(name), c.res == res)
    return np.sort(read_columns(connection, statement, {"cell": pl.Int64})["cell"].to_numpy())


def read_districts_of(connection: Connection, name: str) -> pl.DataFrame:
    """Return district_id (or the city's code) and numbers of a layer."""
    c = published_district.c
    statement = select(c.district_id, *(c[each] for each in _NUMBERS)).where(
        c.layer_id == _layer_id(name)
    )
    rows = [tuple(row) for row in connection.execute(statement.order_by(c.district_id))]
    return pl.DataFrame(rows, schema={"district_id": pl.String, **_KINDS}, orient="row")


def _layer_id(name: str) -> ScalarSelect[int]:
    chosen = select(published_layer.c.layer_id).where(published_layer.c.name == name)
    return chosen.scalar_subquery()
