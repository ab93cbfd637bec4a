"""Questions to the layers and their answers as frames."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl
from sqlalchemy import Engine

from geodata.city import City
from layers.period import Period

By = Literal["cell", "district", "city", "period"]


@dataclass(frozen=True)
class ValueQuery:
    """One question: an indicator's component over a period, by cell, district, city or step."""

    indicator: str
    period: Period
    component: str = "default"  # a key, "default", or "all" (merged, where the entry allows it)
    by: By = "district"
    res: int | None = None  # by cell: 5..10, default the entry's
    district_id: str | None = None  # only what lies in this district
    cell: int | None = None  # only what lies in this cell, of any resolution


@dataclass(frozen=True)
class Build:
    """What the states of an indicator stand on."""

    indicator: str
    version: str  # opaque, safe in an address, changes with the numbers
    built_at: datetime
    as_of: datetime | None  # latest event among the records used
    sources: tuple[str, ...]
    load_ids: tuple[int, ...]
    is_simulated: bool


def read_values(engine: Engine, city: City, query: ValueQuery) -> pl.DataFrame:
    """Return key, value, lo, hi, n, n_missing, num, den, status (Int8), one row a key.

    `key` is the cell (Int64), the district_id, the city's code or the period's text. By district
    every district is there; by period every step of the period is there; by cell only cells that
    have states.

    Raises:
        NotFoundError: no such indicator, component, district or cell.
        QueryError: the question does not fit the indicator.
    """
    raise NotImplementedError
