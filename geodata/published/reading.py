"""Reads the published numbers, from the views of schema `published` alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Connection, ScalarSelect, Select, select, true

from geodata.queries.frame import Schema, read_columns, read_frame
from geodata.queries.screens import DISTRICT_SCHEMA
from geodata.space.grid import Cells
from geodata.tables.public_views import (
    district_number_view,
    district_view,
    gap_view,
    hexagon_view,
    layer_view,
    source_view,
)

_NUMBERS = ("value", "lo", "hi", "n", "status")
_KINDS: Schema = {
    "value": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
    "status": pl.Int64,
}
Days = tuple[tuple[Any, Any], ...]  # runs of days: the first, and the one after the last


def read_published_values(
    connection: Connection, name: str, cells: Sequence[int], period: str | None = None
) -> pl.DataFrame:
    """Return cell and numbers, the newest or a period's, at those of the cells a layer has."""
    c = hexagon_view.c
    statement = select(c.cell, *(c[each] for each in _NUMBERS)).where(
        c.layer_id == _layer_id(name, period), c.cell.in_(list(cells))
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema={"cell": pl.Int64, **_KINDS}, orient="row")


def read_cells_of(connection: Connection, name: str, res: int, period: str | None = None) -> Cells:
    """Return a layer's cells of a resolution, ascending."""
    c = hexagon_view.c
    statement = select(c.cell).where(c.layer_id == _layer_id(name, period), c.res == res)
    return np.sort(read_columns(connection, statement, {"cell": pl.Int64})["cell"].to_numpy())


def read_numbers_of(
    connection: Connection, name: str, res: int, period: str | None = None
) -> pl.DataFrame:
    """Return cell and numbers at all of a layer's cells of a resolution, ascending."""
    c = hexagon_view.c
    statement = select(c.cell, *(c[each] for each in _NUMBERS)).where(
        c.layer_id == _layer_id(name, period), c.res == res
    )
    return read_frame(connection, statement, {"cell": pl.Int64, **_KINDS}).sort("cell")


def read_districts_of(connection: Connection, name: str, period: str | None = None) -> pl.DataFrame:
    """Return district_id (or the city's code) and numbers of a layer, the newest or a period's."""
    c = district_number_view.c
    statement = select(c.district_id, *(c[each] for each in _NUMBERS)).where(
        c.layer_id == _layer_id(name, period)
    )
    rows = [tuple(row) for row in connection.execute(statement.order_by(c.district_id))]
    return pl.DataFrame(rows, schema={"district_id": pl.String, **_KINDS}, orient="row")


def read_covered(connection: Connection, name: str, period: str) -> dict[str, Days]:
    """Return which days each place of a layer's period speaks of, where days count."""
    c = district_number_view.c
    statement = select(c.district_id, c.covered).where(
        c.layer_id == _layer_id(name, period), c.covered.is_not(None)
    )
    return {
        place: tuple((run.lower, run.upper) for run in covered)
        for place, covered in connection.execute(statement)
    }


def read_gap(connection: Connection, name: str) -> tuple[str, list[dict[str, Any]]] | None:
    """Return why a layer has no published period and what is not loaded; None: not told yet."""
    c = gap_view.c
    row = connection.execute(select(c.reason, c.inputs).where(c.name == name)).one_or_none()
    return (row.reason, row.inputs) if row else None


def read_public_districts(connection: Connection) -> pl.DataFrame:
    """Return district_id, name_zh, name_en, kind, position, area_km2 in the city's own order."""
    c = district_view.c
    listed = select(*(c[name] for name in DISTRICT_SCHEMA)).order_by(c.position)
    rows = [tuple(row) for row in connection.execute(listed)]
    return pl.DataFrame(rows, schema=dict(DISTRICT_SCHEMA), orient="row")


def read_sources(connection: Connection) -> list[tuple[Any, ...]]:
    """Return each loaded source: name, owner, licence, is it simulated, span, loaded at, tables."""
    c = source_view.c
    return [tuple(row) for row in connection.execute(_sources().order_by(c.source))]


def has_simulated_source(connection: Connection) -> bool:
    """Return whether anything that was loaded is simulated."""
    found = select(true()).select_from(source_view).where(source_view.c.is_simulated).limit(1)
    return connection.execute(found).first() is not None


def _sources() -> Select[Any]:
    return select(*source_view.c)


def _layer_id(name: str, period: str | None) -> ScalarSelect[int]:
    c = layer_view.c
    chosen = c.is_newest if period is None else c.period == period
    return select(c.layer_id).where(c.name == name, chosen).scalar_subquery()
