"""A query of an indicator, and the query checked against the catalogue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from geodata.city.configuration import City
from geodata.errors import GeographyError
from geodata.space.grid import STORAGE_RES, are_valid_cells, cell_res
from layers.catalogue.indicator import ALL, Indicator
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError
from layers.period import Grain, Period
from layers.values.selection import By, Selection

COARSEST_RES = 5


@dataclass(frozen=True)
class ValueQuery:
    """A query: an indicator's component over a period, by cell, district, city or step."""

    indicator: str
    period: Period
    component: str = "default"  # a key, "default", or "all" (merged, where the entry allows it)
    by: By = "district"
    res: int | None = None  # by cell: 5..10, default the entry's
    district_id: str | None = None  # only what lies in this district
    cell: int | None = None  # only what lies in this cell, of any resolution
    step: Grain | None = None  # by period: the steps, default those the states are kept by


@dataclass(frozen=True)
class CheckedQuery:
    """A `ValueQuery` that fits the catalogue, with the defaults filled in."""

    indicator: Indicator
    component: str
    period: Period
    by: By
    res: int
    district_id: str | None
    cell: int | None
    step: Grain
    zone: str

    @property
    def components(self) -> tuple[str, ...]:
        """Return the keys of the states to merge."""
        return self.indicator.component_keys if self.component == ALL else (self.component,)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return the first instant of the period and the first instant after it."""
        return self.period.start_at(self.zone), self.period.end_at(self.zone)

    def steps(self) -> list[Period]:
        """Return the steps of the period."""
        return list(self.period.split(self.step))

    def selection(self, starts_at: datetime, ends_at: datetime) -> Selection:
        """Return the states to merge between two instants."""
        return Selection(
            self.indicator,
            self.components,
            starts_at,
            ends_at,
            self.by,
            self.res,
            self.district_id,
            None,
            self.cell,
            None if self.indicator.stock else self.step.value,
            self.zone,
        )

    def snapshot(self, starts_at: datetime) -> Selection:
        """Return the states of the one step that begins at an instant."""
        return self.selection(starts_at, starts_at + timedelta(microseconds=1))


def check_query(query: ValueQuery, city: City) -> CheckedQuery:
    """Check a query against the catalogue and fill in its defaults.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the geometry, resolution or period does not fit the indicator.
    """
    indicator = find_indicator(query.indicator)
    component = resolve_component(indicator, query.component)
    grain = indicator.grain_of(component)
    if query.by in ("cell", "district", "city") and query.by not in indicator.geometry:
        raise QueryError(f"{indicator.key} is not given by {query.by}")
    if not indicator.stock and query.period.widened(grain) != query.period:
        raise QueryError(f"{indicator.key} is kept by {grain}: {query.period} cuts one")
    return CheckedQuery(
        indicator,
        component,
        query.period,
        query.by,
        _check_res(indicator, query),
        query.district_id,
        _check_cell(indicator, query.cell),
        query.step or grain,
        city.timezone,
    )


def _check_res(indicator: Indicator, query: ValueQuery) -> int:
    res = indicator.default_res if query.res is None else query.res
    if query.by == "cell" and not COARSEST_RES <= res <= indicator.max_res:
        raise QueryError(
            f"{indicator.key}: {res} is not a resolution from {COARSEST_RES} to {indicator.max_res}"
        )
    return res


def _check_cell(indicator: Indicator, cell: int | None) -> int | None:
    if cell is None:
        return None
    if "cell" not in indicator.geometry:
        raise QueryError(f"{indicator.key} is not given by cell")
    cells = np.array([cell], dtype=np.int64)
    if not are_valid_cells(cells)[0] or cell_res(cells)[0] > STORAGE_RES:
        raise GeographyError(f"{cell:x} is not a cell of resolution {STORAGE_RES} or coarser")
    return cell
