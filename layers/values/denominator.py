"""The denominator of a rate: another indicator's stock, or the area, of the same geometry."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from sqlalchemy import Connection, func, select

from geodata.space.grid import cell_area_km2
from geodata.tables import district
from layers.catalogue.registry import find_indicator, resolve_component
from layers.period import Period
from layers.values.query import CheckedQuery
from layers.values.selection import read_merged, read_steps
from layers.values.vintages import read_vintages

AREA = "area_km2"
HOURS = "period_h"


def read_denominator(
    connection: Connection, query: CheckedQuery, keys: pl.DataFrame
) -> pl.DataFrame:
    """Return `key` and `den` for the geometry of a query.

    `keys` holds the keys already known; by cell a stock may add others.
    """
    if query.indicator.denominator == AREA:
        return _read_area(connection, query, keys)
    if query.indicator.denominator == HOURS:
        return keys.select("key", den=pl.Series(_hours(connection, query, keys), dtype=pl.Float64))
    return read_stock(connection, _of_stock(query)).select("key", den="num")


def _of_stock(query: CheckedQuery) -> CheckedQuery:
    """Return the same query of the denominator's indicator."""
    stock = find_indicator(str(query.indicator.denominator))
    return replace(query, indicator=stock, component=resolve_component(stock, "default"))


def read_stock(connection: Connection, query: CheckedQuery) -> pl.DataFrame:
    """Return a stock's merged states: the last snapshot at or before the end of the period.

    By period, the one at or before the end of each step.
    """
    if query.indicator.vintages:
        return read_vintages(connection, query)
    _, end = query.span
    steps = [at for at in read_steps(connection, query.indicator, query.components) if at < end]
    if query.by != "period":
        newest = steps[-1] if steps else query.span[0]
        return read_merged(connection, query.snapshot(newest))
    first = steps[0] if steps else query.span[0]
    history = read_merged(connection, query.selection(first, end)).sort("key")
    return carry_forward(history, query)


def carry_forward(history: pl.DataFrame, query: CheckedQuery) -> pl.DataFrame:
    """Return, for each step of the query, the newest of the dated states before its end."""
    ends = [_seconds(step.end_at(query.zone)) for step in query.steps()]
    wanted = pl.DataFrame(
        {"at": [end - 1 for end in ends], "step": [str(step) for step in query.steps()]},
        schema={"at": pl.Int64, "step": pl.String},
    )
    dated = history.rename({"key": "at"})
    joined = wanted.sort("at").join_asof(dated.sort("at"), on="at", strategy="backward")
    return joined.drop("at").rename({"step": "key"}).filter(pl.col("n").is_not_null())


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _read_area(connection: Connection, query: CheckedQuery, keys: pl.DataFrame) -> pl.DataFrame:
    if query.by == "cell":
        return keys.select("key", den=pl.Series(cell_area_km2(keys["key"].to_numpy())))
    if query.by == "district":
        rows = connection.execute(select(district.c.district_id, district.c.area_km2)).all()
        return pl.DataFrame(
            [tuple(row) for row in rows], schema={"key": pl.String, "den": pl.Float64}, orient="row"
        )
    return keys.select("key", den=pl.lit(_one_area(connection, query), pl.Float64))


def _one_area(connection: Connection, query: CheckedQuery) -> float | None:
    """Return the area of the cell, district or city of the query."""
    if query.cell is not None:
        return float(cell_area_km2(np.array([query.cell]))[0])
    total = select(func.sum(district.c.area_km2))
    if query.district_id is not None:
        total = total.where(district.c.district_id == query.district_id)
    area: float | None = connection.execute(total).scalar_one()
    return area


def _hours(connection: Connection, query: CheckedQuery, keys: pl.DataFrame) -> list[float]:
    """Return the hours of those steps in the period that have states, for every key.

    By period each step has its own.
    """
    begins = read_steps(connection, query.indicator, query.components)
    grain = query.indicator.grain_of(query.component)
    steps = {Period.containing(at.astimezone(ZoneInfo(query.zone)).date(), grain) for at in begins}

    def within(period: Period) -> float:
        inside = [s for s in steps if period.first <= s.first and s.end <= period.end]
        spans = (
            s.end_at(query.zone).timestamp() - s.start_at(query.zone).timestamp() for s in inside
        )
        return sum(spans) / 3600

    if query.by == "period":
        return [within(Period.parse(key)) for key in keys["key"]]
    return [within(query.period)] * len(keys)
