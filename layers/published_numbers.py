"""The numbers of a published layer: read from the states, what would tell on people hidden."""

from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection

from geodata.city import City
from geodata.published.layers import PublishedLayer
from layers.column import read_hexes
from layers.disclosure import Counts, Mask, hidden_counts, is_additive_count
from layers.grid_cache import districts_of, read_cells
from layers.indicator import Indicator, StateClass
from layers.period import Period
from layers.question import Question, ValueQuery, check_query
from layers.reading import answer
from layers.registry import find_indicator
from layers.selection import By
from layers.status import Status
from layers.version import Build

_SCHEMA = {
    "value": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
    "status": pl.Int64,
}


def read_hexagons(
    connection: Connection, city: City, data_dir: Path, layer: PublishedLayer, build: Build
) -> pl.DataFrame:
    """Return cell, res and the numbers of a layer's hexagons; those without data are left out.

    So are, but for counts of people, those in which there is nothing: most of a municipality has no
    stop and no base station, and six rows in ten would say so.
    """
    parts = []
    for res in layer.res:
        question = _question(city, layer, "cell", res)
        counts_people = layer.smallest_count is not None
        found = read_hexes(connection, city, data_dir, question, build, zeros=counts_people)
        if counts_people:
            districts = answer(connection, city, _question(city, layer, "district"))
            found = _hide(found, _hidden_hexes(found, districts, city, data_dir, res, layer))
        known = found.filter(pl.col("status") != Status.NO_DATA)
        parts.append(known.select("cell", pl.lit(res).alias("res"), *_numbers()))
    empty = pl.DataFrame(schema={"cell": pl.Int64, "res": pl.Int32, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def read_districts(connection: Connection, city: City, layer: PublishedLayer) -> pl.DataFrame:
    """Return district_id and the numbers; the whole city's row carries its code."""
    indicator = find_indicator(layer.indicator)
    parts = []
    for by in ("district", "city"):
        if by in indicator.geometry:
            found = answer(connection, city, _question(city, layer, by))
            if layer.smallest_count is not None:
                found = _hide(found, _hidden_districts(found, indicator, layer.smallest_count))
            parts.append(found.select(pl.col("key").alias("district_id"), *_numbers()))
    empty = pl.DataFrame(schema={"district_id": pl.String, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def _question(city: City, layer: PublishedLayer, by: By, res: int | None = None) -> Question:
    period = Period.parse(layer.period)
    query = ValueQuery(layer.indicator, period, layer.component, by=by, res=res)
    return check_query(query, city)


def _numbers() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in _SCHEMA.items()]


def _hide(found: pl.DataFrame, hidden: Mask) -> pl.DataFrame:
    """Suppress rows; of the others, interval and n would tell the counts behind a rate."""
    mask = pl.Series(hidden, dtype=pl.Boolean)
    value = pl.when(mask).then(None).otherwise(pl.col("value")).alias("value")
    status = pl.when(mask).then(int(Status.SUPPRESSED)).otherwise(pl.col("status")).alias("status")
    nothing = [pl.lit(None, _SCHEMA[name]).alias(name) for name in ("lo", "hi", "n")]
    return found.with_columns(value, status, *nothing)


def smallest_counts(found: pl.DataFrame, indicator: Indicator) -> Counts:
    """Return the smallest count above zero that each value gives away, NaN where it gives none."""
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.STOCK:
            names = ["value"]
        case StateClass.RATIO if indicator.denominator:
            names = ["num"]
        case StateClass.RATIO:
            names = ["num", "den"]
        case _:
            names = ["n"]
    positive = [pl.when(pl.col(name) > 0).then(pl.col(name).cast(pl.Float64)) for name in names]
    counts: Counts = (
        found.select(pl.min_horizontal(*positive)).to_series().fill_null(float("nan")).to_numpy()
    )
    return counts


def _hidden_hexes(
    found: pl.DataFrame,
    districts: pl.DataFrame,
    city: City,
    data_dir: Path,
    res: int,
    layer: PublishedLayer,
) -> Mask:
    """Return which hexagons are hidden: small counts, and what would reveal them in totals."""
    indicator, k = find_indicator(layer.indicator), layer.smallest_count or 0
    counts = smallest_counts(found, indicator)
    if not is_additive_count(indicator):
        return np.asarray(counts < k)
    column = "num" if indicator.denominator else "value"
    totals = dict(districts.select("key", pl.col(column).fill_null(0.0)).iter_rows())
    places = _places(found["cell"].to_numpy(), city, data_dir, res)
    return hidden_counts(np.nan_to_num(counts), places, totals, k)


def _places(cells: np.ndarray, city: City, data_dir: Path, res: int) -> list[tuple[str, ...]]:
    """Return the districts that each cell touches."""
    places: list[tuple[str, ...]] = [()] * len(cells)
    for district_id in districts_of(city)["district_id"]:
        inside = np.isin(cells, read_cells(data_dir, city, district_id, res))
        for index in np.flatnonzero(inside).tolist():
            places[index] += (district_id,)
    return places


def _hidden_districts(found: pl.DataFrame, indicator: Indicator, k: int) -> Mask:
    """Return which districts are hidden; a single one gets the next smallest for company."""
    counts = smallest_counts(found, indicator)
    hidden: Mask = counts < k
    shown = np.where(hidden, np.nan, counts)
    if hidden.sum() == 1 and len(counts) > 1 and not np.isnan(shown).all():
        hidden[int(np.nanargmin(shown))] = True
    return hidden
