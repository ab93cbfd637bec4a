"""Reads the numbers of a published layer and suppresses those that would disclose people."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City, load_city
from geodata.published.layers import PublishedLayer
from geodata.space.grid import Cells, cells_to_texts
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator
from layers.disclosure.hexagons import Counts, Mask, Place, hidden_counts
from layers.disclosure.pattern import Publication, read_pattern
from layers.disclosure.places import has_small_count, withheld_places
from layers.disclosure.rules import adds_up, disclosive_counts
from layers.maps.cell_lists import CITY_AREA, districts_of, grid_version, read_cells
from layers.maps.column import read_hexes
from layers.period import Period
from layers.states.status import Status
from layers.states.version import Build
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer
from layers.values.selection import By

_SCHEMA = {
    "value": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
    "status": pl.Int64,
}


def read_hexagons(
    connection: Connection,
    patterns: Engine,
    city: City,
    data_dir: Path,
    layer: PublishedLayer,
    build: Build,
) -> pl.DataFrame:
    """Return cell, res and the numbers of a layer's hexagons, true zeros among them.

    Those without data are left out: the collections show them as such.
    """
    parts = []
    for res in layer.res:
        query = _query(city, layer, "cell", res)
        counts_people = layer.smallest_count is not None
        found = read_hexes(connection, city, data_dir, query, build, zeros=True)
        if counts_people:
            districts = answer(connection, city, _query(city, layer, "district"))
            places = _places(found["cell"].to_numpy(), city, data_dir, res)
            table = _HexTable(found, districts, places, layer, query.indicator)
            found = _hide(found, _keep_hidden(patterns, table, res))
        known = found.filter(pl.col("status") != Status.NO_DATA)
        parts.append(known.select("cell", pl.lit(res).alias("res"), *_numbers()))
    empty = pl.DataFrame(schema={"cell": pl.Int64, "res": pl.Int32, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def read_districts(
    connection: Connection, patterns: Engine, city: City, layer: PublishedLayer
) -> pl.DataFrame:
    """Return district_id and the numbers; the row of the whole city has the city's code."""
    indicator = find_indicator(city, layer.indicator)
    parts = []
    for by in ("district", "city"):
        if by in indicator.geometry:
            found = answer(connection, city, _query(city, layer, by))
            if layer.smallest_count is not None:
                found = _hide(found, _hidden_places(patterns, found, indicator, layer, by))
            parts.append(found.select(pl.col("key").alias("district_id"), *_numbers()))
    empty = pl.DataFrame(schema={"district_id": pl.String, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def _query(city: City, layer: PublishedLayer, by: By, res: int | None = None) -> CheckedQuery:
    period = Period.parse(layer.period)
    query = ValueQuery(layer.indicator, period, layer.component, by=by, res=res)
    return check_query(query, city)


def _numbers() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in _SCHEMA.items()]


def _hide(found: pl.DataFrame, hidden: Mask) -> pl.DataFrame:
    """Suppress rows; drop interval and n of the others, which disclose the counts behind a rate."""
    mask = pl.Series(hidden, dtype=pl.Boolean)
    value = pl.when(mask).then(None).otherwise(pl.col("value")).alias("value")
    status = pl.when(mask).then(int(Status.SUPPRESSED)).otherwise(pl.col("status")).alias("status")
    nothing = [pl.lit(None, _SCHEMA[name]).alias(name) for name in ("lo", "hi", "n")]
    return found.with_columns(value, status, *nothing)


def smallest_counts(found: pl.DataFrame, indicator: Indicator) -> Counts:
    """Return the smallest count above zero that each value discloses, NaN for none."""
    positive = [
        pl.when(pl.col(name) > 0).then(pl.col(name).cast(pl.Float64))
        for name in disclosive_counts(indicator)
    ]
    counts: Counts = (
        found.select(pl.min_horizontal(*positive)).to_series().fill_null(float("nan")).to_numpy()
    )
    return counts


@dataclass(frozen=True)
class _HexTable:
    """A layer's hexagons beside its districts."""

    found: pl.DataFrame
    districts: pl.DataFrame
    places: list[Place]
    layer: PublishedLayer
    indicator: Indicator

    def hidden(self, already: Mask) -> Mask:
        """Return which hexagons are hidden: small counts, and counts that totals would disclose."""
        indicator, k = self.indicator, self.layer.smallest_count or 0
        counts = smallest_counts(self.found, indicator)
        if not adds_up(indicator):
            return np.asarray(counts < k) | already
        column = disclosive_counts(indicator)[0]
        totals = dict(self.districts.select("key", pl.col(column).fill_null(0.0)).iter_rows())
        return hidden_counts(np.nan_to_num(counts), self.places, totals, k, already)


def _keep_hidden(patterns: Engine, table: _HexTable, res: int) -> Mask:
    """Return which hexagons are hidden, including those hidden before in the same period."""
    zones = cells_to_texts(table.found["cell"].to_numpy())

    def decide(already: Collection[str]) -> frozenset[str]:
        kept = np.isin(zones, list(already)) if already else np.zeros(len(zones), dtype=np.bool_)
        return frozenset(already) | frozenset(np.asarray(zones)[table.hidden(kept)].tolist())

    publication = _publication(table.layer, f"h3-{res}")
    return np.isin(zones, list(read_pattern(patterns, publication, decide)))


def _publication(layer: PublishedLayer, geography: str) -> Publication:
    return Publication(layer.indicator, layer.component, Period.parse(layer.period), geography)


def _places(cells: Cells, city: City, data_dir: Path, res: int) -> list[Place]:
    """Return the districts that each cell of the city touches."""
    listed = read_cells(data_dir, city, CITY_AREA, res)
    places = _places_of_city(data_dir, city.folder, grid_version(city), res)
    return [places[index] for index in np.searchsorted(listed, cells).tolist()]


@cache  # the same for every layer that counts people
def _places_of_city(data_dir: Path, folder: Path, version: str, res: int) -> tuple[Place, ...]:
    """Return the districts that each of the city's cells touches; `version` is the boundaries'."""
    city = load_city(str(folder))
    cells = read_cells(data_dir, city, CITY_AREA, res)
    places: list[Place] = [()] * len(cells)
    for district_id in districts_of(city)["district_id"]:
        inside = np.searchsorted(cells, read_cells(data_dir, city, district_id, res))
        for index in inside.tolist():
            places[index] += (district_id,)
    return tuple(places)


@dataclass(frozen=True)
class _Row:
    """A district's value with its counts."""

    value: float | None
    num: float | None
    den: float | None
    n: int | None


def _hidden_places(
    patterns: Engine,
    found: pl.DataFrame,
    indicator: Indicator,
    layer: PublishedLayer,
    by: By,
) -> Mask:
    """Return which districts are hidden beside the city's total, or whether the city itself is."""
    rows = {
        key: _Row(*counts)
        for key, *counts in found.select("key", "value", "num", "den", "n").iter_rows()
    }
    if by == "city":
        return np.array([has_small_count(row, indicator) for row in rows.values()])
    kept = read_pattern(
        patterns,
        _publication(layer, by),
        lambda already: withheld_places(rows, indicator, already),
    )
    return np.array([key in kept for key in rows])
