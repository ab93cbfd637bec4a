"""Reads the numbers of a published layer and suppresses those that would disclose people."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City
from geodata.published.layers import PublishedLayer
from geodata.space.grid import cells_to_texts
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator
from layers.disclosure.decision import DISTRICTS, Decision
from layers.disclosure.numbers import Row, query_of, rows_of
from layers.disclosure.pattern import Publication, read_pattern
from layers.disclosure.places import TOTAL, Readings, has_small_count, withheld_of_table
from layers.disclosure.public_value import public_value
from layers.disclosure.rules import adds_up, is_share, smallest_count
from layers.disclosure.shares import Beside, is_coarsest
from layers.maps.column import read_hexes
from layers.period import Period
from layers.states.status import Status
from layers.states.version import Build
from layers.values.read import answer
from layers.values.selection import By

MOST_KNOWN = 0.9  # of the records, where more than a tenth of them lack what the share is of
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

    Those without data are left out: the collections show them as such. Of people the counts are
    kept, to compare the next edition with.
    """
    counts_people = layer.smallest_count is not None
    decision = Decision(connection, patterns, city, data_dir, layer)
    if counts_people:
        decision.keep_edition()
    parts = []
    for res in layer.res:
        query = query_of(city, layer, "cell", res)
        found = read_hexes(connection, city, data_dir, query, build, zeros=True)
        if counts_people:
            found = _public_hexagons(found, patterns, decision, query.indicator)
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
        decision = Decision(connection, patterns, city, data_dir, layer)
        found = _public_districts(found, patterns, decision, indicator)
    parts = [
        each.select(pl.col("key").alias("district_id"), *_numbers()) for each in found.values()
    ]
    empty = pl.DataFrame(schema={"district_id": pl.String, **_SCHEMA})
    return pl.concat([empty, *parts], how="vertical_relaxed")


def _numbers() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in _SCHEMA.items()]


def _public_hexagons(
    found: pl.DataFrame, patterns: Engine, decision: Decision, indicator: Indicator
) -> pl.DataFrame:
    """Suppress what the population's pattern, or the layer's own numbers, do not allow."""
    values = _Values(found, cells_to_texts(found["cell"].to_numpy()), indicator, decision.beside())
    together, layer = decision.pattern(), decision.layer

    def decide(already: Collection[str]) -> frozenset[str]:
        return frozenset(already) | together.zones | values.primary()

    return values.public(read_pattern(patterns, _publication(layer, f"h3-{layer.res[0]}"), decide))


def _public_districts(
    found: dict[str, pl.DataFrame], patterns: Engine, decision: Decision, indicator: Indicator
) -> dict[str, pl.DataFrame]:
    """Suppress districts, and the city, by the population's pattern and the layer's own numbers."""
    beside, together = decision.beside(), decision.pattern()
    levels = {
        by: _Values(frame, [TOTAL] if by == "city" else frame["key"].to_list(), indicator, beside)
        for by, frame in found.items()
    }
    whole = next(rows_of(found["city"]), None) if "city" in found else None
    readings: Readings = levels["district"].readings if "district" in levels else {}

    def decide(already: Collection[str]) -> frozenset[str]:
        primary = frozenset(key for each in levels.values() for key in each.primary())
        hidden = frozenset(already) | together.districts | primary
        if adds_up(indicator):
            return hidden
        return hidden | withheld_of_table(readings, indicator, hidden, whole)

    hidden = read_pattern(patterns, _publication(decision.layer, DISTRICTS), decide)
    return {by: each.public(hidden) for by, each in levels.items()}


@dataclass(frozen=True)
class _Values:
    """The rows of a layer at one level, named as patterns name them."""

    found: pl.DataFrame
    names: Sequence[str]
    indicator: Indicator
    beside: Callable[[str], Beside]

    @cached_property
    def readings(self) -> dict[str, Row]:
        """Return each row by its name."""
        return dict(zip(self.names, rows_of(self.found), strict=True))

    def primary(self) -> frozenset[str]:
        """Return the rows that may not be published for their own counts."""
        return frozenset(
            name
            for name, row in self.readings.items()
            if has_small_count(row, self.indicator, self._beside(name))
        )

    def public(self, hidden: Collection[str]) -> pl.DataFrame:
        """Suppress rows; of the others leave the value alone, a share rounded.

        Interval and n would disclose the counts behind it.
        """
        mask = pl.Series(np.isin(self.names, sorted(hidden)), dtype=pl.Boolean)
        shown = pl.Series(
            [
                public_value(row, self.indicator, self._beside(name))
                for name, row in self.readings.items()
            ],
            dtype=pl.Float64,
        )
        told = pl.Series(self._statuses(), dtype=pl.Int64)
        status = pl.when(mask).then(int(Status.SUPPRESSED)).otherwise(told)
        return self.found.with_columns(
            pl.when(mask).then(None).otherwise(shown).alias("value"),
            status.alias("status"),
            *(pl.lit(None, _SCHEMA[name]).alias(name) for name in ("lo", "hi", "n")),
        )

    def _statuses(self) -> list[int]:
        """Return the statuses to publish: that a share is of few must not say of how few.

        Every share of the coarsest step is, whether its base is below the limit of `low_n` or not.
        """
        found: list[int] = self.found["status"].cast(pl.Int64).to_list()
        if not is_share(self.indicator):
            return found
        k = smallest_count(self.indicator) or 0
        coarse = [bool(row.den) and is_coarsest(row.den or 0, k) for row in self.readings.values()]
        few = Status.LOW_N
        return [
            int(few) if is_coarse and status in (Status.OK, Status.ZERO_TRUE) else status
            for status, is_coarse in zip(found, coarse, strict=True)
        ]

    @cached_property
    def _status_of(self) -> dict[str, int]:
        return dict(zip(self.names, self.found["status"].to_list(), strict=True))

    def _beside(self, name: str) -> Beside:
        """Return what is published of a base; `low_n` of a share says that a tenth is missing."""
        beside = self.beside(name)
        if beside.at_most is None or self._status_of[name] != Status.LOW_N:
            return beside
        return replace(beside, at_most=MOST_KNOWN * beside.at_most)


def _publication(layer: PublishedLayer, geography: str) -> Publication:
    return Publication(layer.indicator, layer.component, Period.parse(layer.period), geography)
