"""Reads states merged by the database: by cell at a resolution, district, city or step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl
from sqlalchemy import (
    BigInteger,
    Connection,
    Label,
    Select,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy import Integer as SqlInteger

from geodata.queries.frame import Schema, read_columns, read_frame
from geodata.space.grid import NO_CELL, STORAGE_RES, cell_res, children_range, parent_sql, res_sql
from geodata.tables import NOT_OF_CITY, state
from layers.catalogue.formula import FORMULAS
from layers.catalogue.indicator import Indicator, StateClass
from layers.states.state import COUNTS, SUMS

By = Literal["cell", "district", "city", "period"]

_SUMS_OF: dict[StateClass, tuple[str, ...]] = {
    StateClass.ADDITIVE: ("num",),
    StateClass.STOCK: ("num",),
    StateClass.RATIO: ("num", "den"),
    StateClass.WEIGHTED: ("sum_w", "sum_wx", "sum_x", "sum_x2"),
    StateClass.GEOMETRY: ("num", "den"),
    StateClass.QUANTILE: ("vals",),
}
KEY_TYPES: dict[By, Any] = {
    "cell": pl.Int64,
    "district": pl.String,
    "city": pl.String,
    "period": pl.Int64,  # begin of the step in seconds since 1970
}


@dataclass(frozen=True)
class Selection:
    """Which states to merge, and the keys to merge them by."""

    indicator: Indicator
    components: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    by: By
    res: int = STORAGE_RES
    district_id: str | None = None
    districts: tuple[str, ...] | None = None  # only these, besides
    cell: int | None = None
    step: str | None = None  # by period: merge into calendar steps of this zone
    zone: str = "UTC"

    @property
    def drawn_res(self) -> int:
        """Return the resolution of cells whose own states are read (indicators with `drawn`)."""
        if self.cell is not None:
            return int(cell_res(np.array([self.cell]))[0])
        return self.res if self.by == "cell" else self.indicator.default_res


def read_merged(connection: Connection, selection: Selection) -> pl.DataFrame:
    """Return one merged state a key, with `vals` or `hist` (Q, some formulas) or `ids_n` (U)."""
    merged = _read_sums(connection, selection)
    if selection.indicator.histogram:
        return merged.join(_read_bins(connection, selection), on="key", how="left")
    if "vals" in _needs(selection.indicator):
        return merged.join(_read_values(connection, selection), on="key", how="left")
    if selection.indicator.state_class is StateClass.DISTINCT:
        distinct = merged.join(_read_distinct(connection, selection), on="key", how="left")
        return distinct.with_columns(pl.col("ids_n").fill_null(0))  # the count of no states is 0
    return merged


def _needs(indicator: Indicator) -> tuple[str, ...]:
    """Return the columns that the values need, by state class and by formula."""
    of_class = _SUMS_OF.get(indicator.state_class, ())
    return (*of_class, *(FORMULAS[indicator.value].needs if indicator.value else ()))


def _read_sums(connection: Connection, selection: Selection) -> pl.DataFrame:
    """Return each key's counts and sums; those its class does not use are null, unread."""
    used = [name for name in SUMS if name in _needs(selection.indicator)]
    # a sum of bigint is numeric, several times slower; no state counts two thousand million
    counts = [func.sum(cast(state.c[name], SqlInteger)).label(name) for name in COUNTS]
    sums = [func.sum(state.c[name]).label(name) for name in used]
    estimated = cast(func.bool_or(state.c.is_estimated), SqlInteger).label("is_estimated")
    schema: Schema = {
        "key": KEY_TYPES[selection.by],
        **dict.fromkeys(COUNTS, pl.Int64),
        **dict.fromkeys(used, pl.Float64),
        "is_estimated": pl.Int8,
    }
    statement = _where(select(_key(selection), *counts, *sums, estimated), selection)
    found = _read(connection, statement.group_by(literal_column("1")), schema)
    unread = [pl.lit(None, pl.Float64).alias(name) for name in SUMS if name not in used]
    return found.with_columns(unread)


def _read(connection: Connection, statement: Select[Any], schema: Schema) -> pl.DataFrame:
    """Read many numeric keys column by column, a few text keys row by row."""
    read = read_frame if schema["key"] == pl.String else read_columns
    return read(connection, statement, schema)


def _read_values(connection: Connection, selection: Selection) -> pl.DataFrame:
    """Return each key's raw values as one ascending list."""
    value = func.unnest(state.c.vals).label("value")
    statement = _where(select(_key(selection), value), selection)
    schema: Schema = {"key": KEY_TYPES[selection.by], "value": pl.Float64}
    flat = _read(connection, statement, schema)
    return flat.sort("key", "value").group_by("key", maintain_order=True).agg(vals="value")


def _read_bins(connection: Connection, selection: Selection) -> pl.DataFrame:
    """Return each key's counts a bin, added up in the database."""
    unnested = func.unnest(state.c.hist).table_valued("count", with_ordinality="bin")
    bins = unnested.render_derived(name="bins")
    total = cast(func.sum(bins.c.count), BigInteger)
    statement = select(_key(selection), bins.c.bin, total).select_from(state).join(bins, true())
    grouped = _where(statement, selection).group_by(literal_column("1"), bins.c.bin)
    schema: Schema = {"key": KEY_TYPES[selection.by], "bin": pl.Int64, "hist": pl.Int64}
    flat = _read(connection, grouped, schema)
    return flat.sort("key", "bin").group_by("key", maintain_order=True).agg("hist")


def _read_distinct(connection: Connection, selection: Selection) -> pl.DataFrame:
    """Return how many distinct identifiers each key has."""
    inner = _where(select(_key(selection), func.unnest(state.c.ids).label("id")), selection)
    pairs = inner.subquery()
    statement = select(pairs.c.key, func.count(pairs.c.id.distinct())).group_by(pairs.c.key)
    schema: Schema = {"key": KEY_TYPES[selection.by], "ids_n": pl.Int64}
    return _read(connection, statement, schema)


def _key(selection: Selection) -> Label[Any]:
    match selection.by:
        case "cell":
            return literal_column(parent_sql("cell", selection.res)).label("key")
        case "district":
            return state.c.district_id.label("key")
        case "period":
            begin = func.date_trunc(selection.step, state.c.starts_at, selection.zone)
            seconds = func.extract("epoch", begin if selection.step else state.c.starts_at)
            return cast(seconds, state.c.cell.type).label("key")
        case "city":
            return literal("city").label("key")


def _where(statement: Select[Any], selection: Selection) -> Select[Any]:
    c = state.c
    statement = statement.where(
        c.indicator == selection.indicator.key,
        c.component.in_(selection.components),
        c.starts_at >= selection.starts_at,
        c.starts_at < selection.ends_at,
    )
    if selection.by == "cell":
        statement = statement.where(c.cell != NO_CELL)
    if selection.district_id not in NOT_OF_CITY:
        statement = statement.where(c.district_id.not_in(NOT_OF_CITY))
    if selection.district_id is not None:
        statement = statement.where(c.district_id == selection.district_id)
    if selection.districts is not None:
        statement = statement.where(c.district_id.in_(selection.districts))
    if selection.indicator.drawn:
        statement = statement.where(literal_column(res_sql("cell")) == selection.drawn_res)
    if selection.cell is not None:
        own = selection.drawn_res if selection.indicator.drawn else STORAGE_RES
        lowest, highest = children_range(selection.cell, own)
        statement = statement.where(c.cell.between(lowest, highest))
    return statement


def read_steps(
    connection: Connection, indicator: Indicator, components: tuple[str, ...]
) -> list[datetime]:
    """Return the begins of all steps that have states of the city, ascending."""
    c = state.c
    statement = (
        select(c.starts_at)
        .where(
            c.indicator == indicator.key,
            c.component.in_(components),
            c.district_id.not_in(NOT_OF_CITY),
        )
        .distinct()
        .order_by(c.starts_at)
    )
    return list(connection.scalars(statement))
