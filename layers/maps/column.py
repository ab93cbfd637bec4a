"""One layer as a column: a value and a status for every cell of an area."""

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
from layers.values.query import Question
from layers.values.read import answer
from layers.values.true_zero import is_covered


def read_column(
    connection: Connection, city: City, data_dir: Path, question: Question, version: str
) -> tuple[NDArray[np.float32], Statuses]:
    """Return value and status of the cells of `read_cells`, in their order.

    The question is by cell; its district, or the whole city, is the area.

    Raises:
        NotFoundError: the area does not exist, or the version is not the current one.
    """
    area = question.district_id or CITY_AREA
    cells = read_cells(data_dir, city, area, question.res)
    build = read_build_in(connection, question.indicator)
    if build.version != version:
        raise NotFoundError(f"{question.indicator.key} has no version {version!r} any more")
    values = answer(connection, city, question)
    covered = _covered_cells(connection, city, data_dir, question, build, cells)
    value, status = _of_nothing(question, build)
    return align(cells, values, *empty_column(covered, value, status))


def read_hexes(
    connection: Connection,
    city: City,
    data_dir: Path,
    question: Question,
    build: Build,
    *,
    zeros: bool,
) -> pl.DataFrame:
    """Return cell, value, lo, hi, n, num, den, status of the city's cells that have states.

    With `zeros` those too in which nothing happened although the sources looked.
    """
    cells = read_cells(data_dir, city, CITY_AREA, question.res)
    found = answer(connection, city, question).rename({"key": "cell"})
    found = found.filter(pl.col("cell").is_in(pl.Series(cells).implode()))
    value, status = _of_nothing(question, build)
    if zeros and not np.isnan(value):
        covered = cells[_covered_cells(connection, city, data_dir, question, build, cells)]
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
    question: Question,
    build: Build,
    cells: Cells,
) -> NDArray[np.bool_]:
    """Tell of each cell whether the sources looked there; of the city's, district by district."""
    coverage = read_coverage(connection, question.indicator)
    place, as_of = question.district_id, build.as_of
    if is_covered(question, coverage, as_of, question.period, place):
        return np.ones(len(cells), dtype=np.bool_)
    covered = np.zeros(len(cells), dtype=np.bool_)
    for district_id in () if place else districts_of(city)["district_id"]:
        if is_covered(question, coverage, as_of, question.period, district_id):
            inside = read_cells(data_dir, city, district_id, question.res)
            covered |= np.isin(cells, inside, assume_unique=True)
    return covered


def _of_nothing(question: Question, build: Build) -> tuple[float, Status]:
    """Return value and status of a covered cell in which nothing is recorded."""
    indicator = question.indicator
    until = min(now(), question.period.end_at(question.zone))
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.DISTINCT | StateClass.STOCK:
            is_old = is_stale(indicator, build.as_of, until)
            return 0.0, Status.STALE if is_old else Status.ZERO_TRUE
        case StateClass.RATIO:
            return float("nan"), Status.NA_DENOMINATOR
        case _:
            return float("nan"), Status.NO_DATA


def of_area(question: Question, area: str) -> Question:
    """Return the question narrowed to an area: `city` or a district_id."""
    return replace(question, district_id=None if area == CITY_AREA else area)
