"""The report of a publication: what is published and withheld, and how closely it can be told.

The ranges are those of a reader: linear programs over the published numbers alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City
from geodata.published.layers import PublishedLayer, read_periods
from geodata.published.reading import read_districts_of, read_numbers_of
from geodata.space.grid import cells_to_texts
from layers.catalogue.registry import find_indicator
from layers.disclosure.audit import Equation, Span, ranges
from layers.disclosure.decision import DISTRICTS, HEXAGONS, edition_of, publication_of
from layers.disclosure.hexagons import HexTable
from layers.disclosure.numbers import read_places
from layers.disclosure.pattern import read_kept
from layers.disclosure.places import TOTAL
from layers.disclosure.rules import adds_up
from layers.disclosure.totals import possible_ranges
from layers.states.status import Status


@dataclass(frozen=True)
class Line:
    """One layer's period at one level; `narrowest` is None where nothing adds up or is withheld."""

    layer: str
    period: str
    level: str  # `district` or `h3-8`
    k: int
    published: int
    primary: int  # withheld for its own counts
    complementary: int  # withheld to protect those, or with a measure of the same records
    narrowest: float | None
    programs: int


def read_report(engine: Engine, city: City, data_dir: Path) -> list[Line]:
    """Return the lines of every published period that counts people, by layer and level."""
    with engine.connect() as connection:
        periods = [each for every in read_periods(connection).values() for each in every]
        layers = [each for each in periods if each.smallest_count]
        return [line for each in layers for line in _lines(connection, city, data_dir, each)]


def _lines(connection: Connection, city: City, data_dir: Path, layer: PublishedLayer) -> list[Line]:
    districts = _by_name(
        read_districts_of(connection, layer.name, layer.period), "district_id", city.code
    )
    counts = read_kept(connection, edition_of(layer)).counts.get(layer.indicator)
    together = read_kept(connection, publication_of(city, layer, DISTRICTS)).places
    found = [
        _line(layer, DISTRICTS, districts, counts, together, _of_districts(city, layer, districts))
    ]
    for res in layer.res:
        numbers = read_numbers_of(connection, layer.name, res, layer.period)
        zones = cells_to_texts(numbers["cell"].to_numpy())
        hexes = _by_name(numbers.with_columns(zone=pl.Series(zones)), "zone", "")
        together = read_kept(connection, publication_of(city, layer, HEXAGONS)).places
        spans = _of_hexagons(city, data_dir, layer, hexes, districts)
        found.append(_line(layer, f"h3-{res}", hexes, counts, together, spans))
    return found


Values = Mapping[str, float | None]  # None: withheld


def _by_name(found: pl.DataFrame, name: str, city: str) -> dict[str, float | None]:
    """Return the value of every place that has one or withholds one; `TOTAL` for the city."""
    withheld = pl.col("status") == Status.SUPPRESSED
    known = found.filter(withheld | pl.col("value").is_not_null())
    rows = known.select(name, pl.when(withheld).then(None).otherwise(pl.col("value")))
    return {TOTAL if key == city else key: value for key, value in rows.iter_rows()}


def _line(
    layer: PublishedLayer,
    level: str,
    values: Values,
    counts: Mapping[str, float] | None,
    together: frozenset[str],
    spans: tuple[list[Span], int],
) -> Line:
    k = layer.smallest_count or 0
    withheld = {key for key, value in values.items() if value is None}
    if counts is None:
        primary = withheld - together
    else:
        primary = {key for key in withheld if 0 < counts.get(key, 0.0) < k}
    widths = [most - least for least, most in spans[0]]
    return Line(
        layer=layer.name,
        period=layer.period,
        level=level,
        k=k,
        published=len(values) - len(withheld),
        primary=len(primary),
        complementary=len(withheld) - len(primary),
        narrowest=min(widths, default=None),
        programs=spans[1],
    )


def _of_districts(city: City, layer: PublishedLayer, values: Values) -> tuple[list[Span], int]:
    """Return the range of every withheld district beside the others and the city."""
    indicator = find_indicator(city, layer.indicator)
    hidden = {key for key, value in values.items() if value is None}
    if not hidden or not adds_up(indicator) or indicator.denominator:
        return [], 0
    members = tuple(key for key in values if key != TOTAL)
    shown = {key: value or 0.0 for key, value in values.items()}
    found = ranges(shown, [Equation(TOTAL, members)] if TOTAL in values else [], hidden)
    return list(found.values()), 2 * len(found)


def _of_hexagons(
    city: City,
    data_dir: Path,
    layer: PublishedLayer,
    values: Values,
    districts: Values,
) -> tuple[list[Span], int]:
    """Return the range of one withheld hexagon of each set of districts, and of the districts."""
    indicator = find_indicator(city, layer.indicator)
    hidden = np.array([value is None for value in values.values()])
    if not hidden.any() or not adds_up(indicator) or indicator.denominator:
        return [], 0
    counts = np.array([value or 0.0 for value in values.values()])
    table = HexTable(
        counts,
        read_places(city, data_dir, list(values), layer.res[0]),
        _with_sum_of_withheld(districts),
        layer.smallest_count or 0,
        {key for key, value in districts.items() if value is None},
        is_whole_shown=districts.get(TOTAL) is not None,
    )
    found = possible_ranges(table.what_is_left(hidden), table.names(hidden))
    return list(found.values()), 2 * len(found)


def _with_sum_of_withheld(districts: Values) -> dict[str, float]:
    """Return the totals; what is left of the city's stands at one of the withheld."""
    totals = {key: value or 0.0 for key, value in districts.items() if key != TOTAL}
    withheld = [key for key, value in districts.items() if value is None and key != TOTAL]
    if withheld:
        totals[withheld[0]] = max((districts.get(TOTAL) or 0.0) - sum(totals.values()), 0.0)
    return totals
