"""Analyses of a layer: smoothed rates, hot spots, and the history of hot spots.

An analysis is read like the layer itself, a value and a status for every cell of an area, and has
the layer's version. It is computed over the whole city, whichever area is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City
from geodata.database.engine import open_snapshot
from geodata.errors import NotFoundError
from geodata.space.grid import Cells
from layers.catalogue.indicator import Indicator, StateClass
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.errors import QueryError
from layers.maps.cell_lists import CITY_AREA, read_cells
from layers.maps.classes import Classes
from layers.maps.column import read_column
from layers.maps.encoding import Statuses, align
from layers.maps.palette import sample_palette
from layers.states.status import Status
from layers.states.version import read_build_in
from layers.values.denominator import read_denominator
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer, read_values

Column = tuple[NDArray[np.float32], Statuses]
Values = NDArray[np.float64]

HISTORY_STEPS = 12  # periods of equal length up to the one asked for
# of a hot spot's history, the most pressing highest; the cold forms are negative
CODES = {
    "sporadic": 1,
    "historical": 2,
    "oscillating": 3,
    "diminishing": 4,
    "persistent": 5,
    "consecutive": 6,
    "new": 7,
    "intensifying": 8,
}


@dataclass(frozen=True)
class _City:
    """The arguments with which an analysis reads its layer over the whole city."""

    connection: Connection
    city: City
    data_dir: Path
    version: str

    def cells(self, query: CheckedQuery) -> Cells:
        """Return the city's cells."""
        return read_cells(self.data_dir, self.city, CITY_AREA, query.res)

    def column(self, query: CheckedQuery) -> tuple[Values, Statuses]:
        """Return the layer over the whole city, NaN where there is no value.

        In cells with residents and no event a rate is 0.
        """
        read = (self.connection, self.city, self.data_dir, query, self.version)
        values, status = read_column(*read)
        if query.indicator.denominator in load_catalogue():
            cells = self.cells(query)
            quiet = self._quiet(query)["key"].to_numpy()
            is_zero = np.isin(cells, quiet) & (status == Status.NA_DENOMINATOR)
            values = np.where(is_zero, np.float32(0), values)
            status = np.where(is_zero, Status.ZERO_TRUE, status).astype(np.uint8)
        return values.astype(np.float64), status

    def rates(self, query: CheckedQuery) -> pl.DataFrame:
        """Return the values by cell, including those of cells with residents and no event."""
        found = answer(self.connection, self.city, query)
        _, status = self.column(query)
        true_zeros = self.cells(query)[status == Status.ZERO_TRUE]
        quiet = self._quiet(query).filter(pl.col("key").is_in(pl.Series(true_zeros).implode()))
        zeros = quiet.join(found, on="key", how="anti").with_columns(
            value=pl.lit(0.0), num=pl.lit(0.0), status=pl.lit(int(Status.ZERO_TRUE), pl.Int8)
        )
        return pl.concat([found, zeros], how="diagonal")

    def _quiet(self, query: CheckedQuery) -> pl.DataFrame:
        """Return key and den of the cells whose denominator is large enough."""
        keys = pl.DataFrame(schema={"key": pl.Int64})
        found = read_denominator(self.connection, query, keys)
        floor = max(query.indicator.denominator_floor, np.finfo(float).tiny)
        return found.filter(pl.col("den") >= floor).select("key", pl.col("den").cast(pl.Float64))


def read_analysis(
    connection: Connection,
    city: City,
    data_dir: Path,
    query: CheckedQuery,
    version: str,
    name: str,
) -> Column:
    """Return value and status of the cells of `read_cells`, in their order.

    `smoothed`: the rate by empirical Bayes, status `estimated`. `hotspot`: z of Gi* where it is a
    hot or cold spot (FDR 5 %), a true zero where it is tested and none. `emerging`: a code of
    `CODES`, negative for cold spots, a true zero where there is no pattern.

    Raises:
        NotFoundError: no such analysis or area, or the version is not the current one.
        QueryError: the analysis does not fit the indicator.
    """
    if name not in _ANALYSES:
        raise NotFoundError(f"no analysis is called {name!r}")
    area = query.district_id or CITY_AREA
    whole = replace(query, district_id=None)
    values, status = _ANALYSES[name](_City(connection, city, data_dir, version), whole)
    if area != CITY_AREA:
        listed = read_cells(data_dir, city, CITY_AREA, query.res)
        inside = np.isin(listed, read_cells(data_dir, city, area, query.res))
        values, status = values[inside], status[inside]
    return values.astype(np.float32), status.astype(np.uint8)


def _hot_spots(layer: _City, query: CheckedQuery) -> tuple[Values, Statuses]:
    # esda takes seconds to import: only requests for hot spots wait
    from layers.statistics.gi_star import compute_hot_spots

    cells = layer.cells(query)
    found = compute_hot_spots(cells, layer.column(query)[0])
    value = np.where(found.is_significant, found.z, 0.0)
    return _marked(value, np.isfinite(found.z))


def _emerging(layer: _City, query: CheckedQuery) -> tuple[Values, Statuses]:
    from layers.statistics.emerging import FEWEST_STEPS, categorise_cells
    from layers.statistics.gi_star import compute_hot_spots

    cells = layer.cells(query)
    period, steps = query.period, []
    for _ in range(HISTORY_STEPS):
        column, _status = layer.column(replace(query, period=period))
        steps.append(compute_hot_spots(cells, column))
        period = period.previous
    steps.reverse()
    codes = [sign * CODES.get(category, 0) for sign, category in categorise_cells(steps)]
    known = np.isfinite(np.stack([step.z for step in steps])).sum(axis=0) >= FEWEST_STEPS
    return _marked(np.array(codes, dtype=np.float64), known)


def _smoothed(layer: _City, query: CheckedQuery) -> tuple[Values, Statuses]:
    _check_rate(query.indicator)
    _, status = layer.column(query)
    frame = _smooth(layer.rates(query), query.indicator.scale)
    cells = layer.cells(query)
    empty = np.full(len(cells), np.nan, dtype=np.float32)
    values, codes = align(cells, frame, empty, status)
    return values.astype(np.float64), codes


def _marked(value: Values, known: NDArray[np.bool_]) -> tuple[Values, Statuses]:
    status = np.where(value == 0, Status.ZERO_TRUE, Status.OK)
    return np.where(known, value, np.nan), np.where(known, status, Status.NO_DATA)


_ANALYSES: dict[str, Callable[[_City, CheckedQuery], tuple[Values, Statuses]]] = {
    "smoothed": _smoothed,
    "hotspot": _hot_spots,
    "emerging": _emerging,
}


def read_smoothed(engine: Engine, city: City, data_dir: Path, query: ValueQuery) -> pl.DataFrame:
    """Return the frame of `read_values` by cell with smoothed rates, status `estimated`.

    Cells with residents and no event are included.

    Raises:
        QueryError: the indicator is no rate, or the query is not by cell.
    """
    checked = check_query(query, city)
    _check_rate(checked.indicator)
    if query.by != "cell":
        raise QueryError("only cells are smoothed: whole districts are large enough")
    with open_snapshot(engine) as connection:
        build = read_build_in(connection, checked.indicator)
        layer = _City(connection, city, data_dir, build.version)
        return _smooth(layer.rates(checked), checked.indicator.scale)


def _check_rate(entry: Indicator) -> None:
    if entry.state_class is not StateClass.RATIO or entry.denominator not in load_catalogue():
        raise QueryError(f"{entry.key} is no rate of events to a population: it cannot be smoothed")


def _smooth(values: pl.DataFrame, scale: float) -> pl.DataFrame:
    """Replace the rates of places that have one; drop the intervals of the raw rates."""
    from layers.statistics.smoothing import smooth_rates

    has_rate = ~pl.col("status").is_in([s for s in Status if not s.has_value])
    parts = values.select(pl.when(has_rate).then(name).alias(name) for name in ("num", "den"))
    events, population = (_floats(parts[name]) for name in ("num", "den"))
    rates = scale * smooth_rates(events, np.nan_to_num(population))
    known = np.isfinite(rates)
    return values.with_columns(
        pl.Series("value", rates).fill_nan(None),
        pl.lit(None, pl.Float64).alias("lo"),
        pl.lit(None, pl.Float64).alias("hi"),
        status=pl.when(pl.Series(known))
        .then(int(Status.ESTIMATED))
        .otherwise("status")
        .cast(pl.Int8),
    )


def _floats(column: pl.Series) -> Values:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def read_sensitivity(engine: Engine, city: City, query: ValueQuery) -> dict[int, pl.DataFrame]:
    """Return the query by cell at the resolution asked for, one coarser and one finer.

    Differences between them come from the size of the hexagons (MAUP). Resolutions that the
    indicator is not shown at are left out.
    """
    entry = find_indicator(query.indicator)
    res = entry.default_res if query.res is None else query.res
    tried = [each for each in (res - 1, res, res + 1) if 5 <= each <= entry.max_res]
    return {each: read_values(engine, city, replace(query, by="cell", res=each)) for each in tried}


def analysis_classes(name: str) -> Classes | None:
    """Return the fixed classes of an analysis; None if it has those of its layer.

    Hot is orange, cold purple. A history's classes are fading, lasting and rising spots.
    """
    breaks = {"hotspot": (-5.0, -3.5, 0.0, 3.5, 5.0), "emerging": (-5.5, -3.5, 0.0, 3.5, 5.5)}
    if name not in breaks:
        return None
    return Classes(breaks[name], tuple(sample_palette("puor", 6)[::-1]), 0.0)
