"""Reads the numbers of a published layer and suppresses those that would disclose people."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City
from geodata.published.layers import PublishedLayer
from geodata.space.grid import cells_to_texts
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator
from layers.disclosure.decision import DISTRICTS, Decision, query_of, rows_of
from layers.disclosure.hexagons import Mask
from layers.disclosure.joint import Pattern
from layers.disclosure.pattern import Publication, read_pattern
from layers.disclosure.places import TOTAL, Readings, primary_places, withheld_of_table
from layers.disclosure.public_value import public_value
from layers.disclosure.rules import adds_up
from layers.maps.column import read_hexes
from layers.period import Period
from layers.states.status import Status
from layers.states.version import Build
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
    """Return cell, res and the numbers of a layer's hexagons; those without data are left out.

    True zeros are left out too, unless people are counted: most of a municipality has no stop and
    no base station, and six rows in ten would be zeros.
    """
    counts_people = layer.smallest_count is not None
    parts = []
    for res in layer.res:
        query = query_of(city, layer, "cell", res)
        found = read_hexes(connection, city, data_dir, query, build, zeros=counts_people)
        if counts_people:
            together = Decision(connection, patterns, city, data_dir, layer).pattern()
            found = _public_hexagons(found, patterns, together, layer, query.indicator)
        known = found.filter(pl.col("status") != Status.NO_DATA)
        parts.append(known.select("cell", pl.lit(res).alias("res"), *_numbers()))
    empty = pl.DataFrame(schema={"cell": pl.Int64, "res": pl.Int32, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def read_districts(
    connection: Connection, patterns: Engine, city: City, data_dir: Path, layer: PublishedLayer
) -> pl.DataFrame:
    """Return district_id and the numbers; the row of the whole city has the city's code."""
    indicator = find_indicator(city, layer.indicator)
    levels: tuple[By, ...] = ("district", "city")
    found: dict[str, pl.DataFrame] = {
        by: answer(connection, city, query_of(city, layer, by))
        for by in levels
        if by in indicator.geometry
    }
    if layer.smallest_count is not None:
        together = Decision(connection, patterns, city, data_dir, layer).pattern()
        hidden = _withheld_districts(found, patterns, together, layer, indicator)
        for by, frame in found.items():
            names = [TOTAL] * len(frame) if by == "city" else frame["key"].to_list()
            found[by] = _public(frame, np.isin(names, sorted(hidden)), indicator)
    parts = [
        each.select(pl.col("key").alias("district_id"), *_numbers()) for each in found.values()
    ]
    empty = pl.DataFrame(schema={"district_id": pl.String, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def _numbers() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in _SCHEMA.items()]


def _public_hexagons(
    found: pl.DataFrame,
    patterns: Engine,
    together: Pattern,
    layer: PublishedLayer,
    indicator: Indicator,
) -> pl.DataFrame:
    """Suppress what the population's pattern, or the layer's own numbers, do not allow."""
    zones = cells_to_texts(found["cell"].to_numpy())
    readings = dict(zip(zones, rows_of(found), strict=True))

    def decide(already: Collection[str]) -> frozenset[str]:
        return frozenset(already) | together.zones | primary_places(readings, indicator)

    hidden = read_pattern(patterns, _publication(layer, f"h3-{layer.res[0]}"), decide)
    return _public(found, np.isin(zones, sorted(hidden)), indicator)


def _withheld_districts(
    found: dict[str, pl.DataFrame],
    patterns: Engine,
    together: Pattern,
    layer: PublishedLayer,
    indicator: Indicator,
) -> frozenset[str]:
    """Return which districts are withheld, and `TOTAL` if the city is."""
    readings: Readings = dict(
        zip(found["district"]["key"], rows_of(found["district"]), strict=True)
    )
    whole = next(rows_of(found["city"]), None) if "city" in found else None

    def decide(already: Collection[str]) -> frozenset[str]:
        hidden = frozenset(already) | together.districts
        if adds_up(indicator):
            return hidden
        return withheld_of_table(readings, indicator, hidden, whole)

    return read_pattern(patterns, _publication(layer, DISTRICTS), decide)


def _public(found: pl.DataFrame, hidden: Mask, indicator: Indicator) -> pl.DataFrame:
    """Suppress rows; of the others publish the value alone, a share rounded.

    Interval and n would disclose the counts behind it.
    """
    mask = pl.Series(hidden, dtype=pl.Boolean)
    shown = pl.Series([public_value(each, indicator) for each in rows_of(found)], dtype=pl.Float64)
    value = pl.when(mask).then(None).otherwise(shown).alias("value")
    status = pl.when(mask).then(int(Status.SUPPRESSED)).otherwise(pl.col("status")).alias("status")
    nothing = [pl.lit(None, _SCHEMA[name]).alias(name) for name in ("lo", "hi", "n")]
    return found.with_columns(value, status, *nothing)


def _publication(layer: PublishedLayer, geography: str) -> Publication:
    return Publication(layer.indicator, layer.component, Period.parse(layer.period), geography)
