"""One layer as a column: the value and the status of every cell of an area."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import NotFoundError
from geodata.space.grid import Cells
from layers.catalogue.indicator import StateClass
from layers.maps.cell_lists import CITY_AREA, districts_of, read_cells
from layers.maps.encoding import Statuses, align, empty_column
from layers.states.status import Status
from layers.states.version import Build, is_stale, read_build_in
from layers.values.coverage import read_coverage
from layers.values.query import CheckedQuery
from layers.values.read import answer
from layers.values.true_zero import is_covered


def read_column(
    connection: Connection, city: City, data_dir: Path, query: CheckedQuery, version: str
) -> tuple[NDArray[np.float32], Statuses]:
    """Return value and status of the cells of `read_cells`, in their order.

    The query is by cell; the area is its district, or the whole city.

    Raises:
        NotFoundError: the area does not exist, or the version is not the current one.
    """
    area = query.district_id or CITY_AREA
    build = read_build_in(connection, query.indicator)
    if build.version != version:  # before any work: addresses that are none cost little
        raise NotFoundError(f"{query.indicator.key} has no version {version!r} any more")
    cells = read_cells(data_dir, city, area, query.res)
    values = answer(connection, city, query)
    covered = _covered_cells(connection, city, data_dir, query, build, cells)
    value, status = _of_nothing(query, build)
    return align(cells, values, *empty_column(covered, value, status))


def read_hexes(
    connection: Connection,
    city: City,
    data_dir: Path,
    query: CheckedQuery,
    build: Build,
    *,
    zeros: bool,
) -> pl.DataFrame:
    """Return cell, value, lo, hi, n, num, den, status of the city's cells that have states.

    With `zeros` also those that the sources cover and that have no record.
    """
    cells = read_cells(data_dir, city, CITY_AREA, query.res)
    found = answer(connection, city, query).rename({"key": "cell"})
    found = found.filter(pl.col("cell").is_in(pl.Series(cells).implode()))
    value, status = _of_nothing(query, build)
    if zeros and not np.isnan(value):
        covered = cells[_covered_cells(connection, city, data_dir, query, build, cells)]
        empty = pl.DataFrame({"cell": np.setdiff1d(covered, found["cell"].to_numpy())})
        empty = empty.with_columns(
            value=pl.lit(value), n=pl.lit(0), num=pl.lit(0.0), status=pl.lit(int(status))
        )
        found = pl.concat([found, empty], how="diagonal_relaxed")
    return found.select("cell", "value", "lo", "hi", "n", "num", "den", "status").sort("cell")


def _covered_cells(
    connection: Connection,
    city: City,
    data_dir: Path,
    query: CheckedQuery,
    build: Build,
    cells: Cells,
) -> NDArray[np.bool_]:
    """Return for each cell whether the sources cover it, if need be district by district."""
    coverage = read_coverage(connection, query.indicator)
    place, as_of = query.district_id, build.as_of
    if is_covered(query, coverage, as_of, query.period, place):
        return np.ones(len(cells), dtype=np.bool_)
    covered = np.zeros(len(cells), dtype=np.bool_)
    for district_id in () if place else districts_of(city)["district_id"]:
        if is_covered(query, coverage, as_of, query.period, district_id):
            inside = read_cells(data_dir, city, district_id, query.res)
            covered |= np.isin(cells, inside, assume_unique=True)
    return covered


def _of_nothing(query: CheckedQuery, build: Build) -> tuple[float, Status]:
    """Return value and status of a covered cell without records."""
    indicator = query.indicator
    until = min(now(), query.period.end_at(query.zone))
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.DISTINCT | StateClass.STOCK:
            is_old = is_stale(indicator, build, until)
            return 0.0, Status.STALE if is_old else Status.ZERO_TRUE
        case StateClass.RATIO:
            return float("nan"), Status.NA_DENOMINATOR
        case _:
            return float("nan"), Status.NO_DATA


def of_area(query: CheckedQuery, area: str) -> CheckedQuery:
    """Return the query narrowed to an area: `city` or a district_id."""
    return replace(query, district_id=None if area == CITY_AREA else area)
