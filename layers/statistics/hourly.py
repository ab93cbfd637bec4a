"""E10: hourly counts of a place, read from the records, for `compute_abnormal_load`.

States are not kept by the hour, and only some two hundred hours matter, so they are counted on
demand. Which records count is declared by the indicator.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import ibis
import numpy as np
from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.errors import NotFoundError
from geodata.queries.counted_events import record_query
from geodata.space.grid import STORAGE_RES, cell_res, cell_to_parents, children_range
from geodata.tables import NOT_OF_CITY
from layers.build.expression import matches
from layers.catalogue.indicator import ALL, Indicator
from layers.catalogue.measure import CountMeasure
from layers.catalogue.record_tables import record_schema
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError
from layers.states.version import read_build_in
from layers.statistics.abnormal_load import (
    HOUR,
    AbnormalLoad,
    HourlySeries,
    compute_abnormal_load,
    hours_needed,
)
from layers.values.coverage import Coverage, read_coverage
from layers.values.query import COARSEST_RES

_COUNTED = "counted_records"


@dataclass(frozen=True)
class Place:
    """A cell of any resolution, a district, or, with neither, the city."""

    district_id: str | None = None
    cell: int | None = None

    def coarser(self) -> list["Place"]:
        """Return the larger places around, the nearest first, the city last."""
        if self.cell is None:
            return [Place()] if self.district_id else []
        cells = np.array([self.cell], dtype=np.int64)
        finer = range(int(cell_res(cells)[0]) - 1, COARSEST_RES - 1, -1)
        parents = [int(cell_to_parents(cells, res)[0]) for res in finer]
        return [*(Place(cell=parent) for parent in parents), Place()]


def read_abnormal_load(
    connection: Connection,
    city: City,
    place: Place,
    at: datetime,
    component: str = "all",
    *,
    alerted: Collection[datetime] = (),
    indicator: str = "incident_count",
) -> AbnormalLoad:
    """Judge the whole hour that begins at `at`: each place by its own series.

    Where fewer than one event is expected the seasonal rule is judged on the coarser cells around,
    then on the city. The level is None where the sources do not cover that hour.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the indicator is no count of records.
    """
    if at.minute or at.second or at.microsecond:
        raise QueryError(f"an hour begins at its full hour, not at {at:%H:%M:%S}")
    found = _Counts.of(connection, city, indicator, component)
    own = found.series(place, at)
    result = compute_abnormal_load(own, at, _holidays(city), alerted=alerted)
    if result.level is None or result.results[0].fired is not None:
        return result
    coarser = [found.series(each, at) for each in place.coarser()]
    return compute_abnormal_load(own, at, _holidays(city), coarser=coarser, alerted=alerted)


def _holidays(city: City) -> set[date]:
    """Return every day of the city's listed holidays."""
    return {
        span.starts_on + timedelta(days=day)
        for span in city.holidays
        for day in range((span.ends_on - span.starts_on).days + 1)
    }


@dataclass(frozen=True)
class _Counts:
    """The arguments with which hours are counted."""

    connection: Connection
    zone: str
    measure: CountMeasure
    components: tuple[str, ...]
    coverage: Coverage
    as_of: datetime | None

    @classmethod
    def of(cls, connection: Connection, city: City, key: str, component: str) -> "_Counts":
        entry = find_indicator(city, key)
        wanted = resolve_component(entry, component)
        coverage = read_coverage(connection, entry)
        components = entry.component_keys if wanted == ALL else (wanted,)
        if wanted == ALL:
            components = tuple(coverage.declared(components))
        return cls(
            connection,
            city.timezone,
            _counting(entry),
            components,
            coverage,
            _as_of(connection, entry),
        )

    def series(self, place: Place, at: datetime) -> HourlySeries:
        """Return the counts of the hours that judging `at` needs and that the sources cover."""
        hours = sorted(hours_needed(at, self.zone))
        covered = [hour for hour in hours if self._is_covered(hour, place)]
        counted = self._count(place, hours[0], hours[-1] + HOUR) if covered else {}
        return HourlySeries(self.zone, {hour: counted.get(hour, 0) for hour in covered})

    def _is_covered(self, hour: datetime, place: Place) -> bool:
        """Return whether the sources cover the place for the whole hour, as far as records go."""
        end = min(hour + HOUR, self.as_of) if self.as_of else hour + HOUR
        return self.coverage.covers(self.components, (hour, end), place.district_id)

    def _count(self, place: Place, first: datetime, end: datetime) -> dict[datetime, int]:
        table = ibis.table(record_schema(self.measure.table), name=_COUNTED)
        time = table[str(self.measure.time)]
        current = table.filter(
            table.retired_by.isnull(),
            matches(table, self.measure.where),
            time >= ibis.literal(first),
            time < ibis.literal(end),
            *_within(table, place),
            *_of(table, self.measure, self.components),
        )
        # seconds since 1970, so that an hour is the same instant in every session's zone
        hour = (time.epoch_seconds() // 3600).name("hour")
        hours = current.group_by(hour).aggregate(count=current.count())
        counted = str(ibis.to_sql(hours, dialect="postgres"))
        rows = self.connection.exec_driver_sql(_of_events(self.measure, counted))
        return {datetime.fromtimestamp(int(h) * 3600, UTC): int(count) for h, count in rows}


def _counting(entry: Indicator) -> CountMeasure:
    measure = entry.measures[0]
    if not isinstance(measure, CountMeasure) or measure.time is None:
        raise QueryError(f"{entry.key} is no count of dated records")
    return measure


def _as_of(connection: Connection, entry: Indicator) -> datetime | None:
    try:
        return read_build_in(connection, entry).as_of
    except NotFoundError:
        return None


def _of_events(measure: CountMeasure, query: str) -> str:
    """Return a query of `_COUNTED` that is told what to count: records, or the events they tell."""
    names = record_schema(measure.table).names
    records = record_query(measure.table, names, are_events=measure.is_of_events)
    return f"WITH {_COUNTED} AS NOT MATERIALIZED ({records}) {query}"


def _within(table: ibis.Table, place: Place) -> list[ibis.Value]:
    if place.district_id is not None:
        return [table.district_id == place.district_id]
    of_city = table.district_id.notin(NOT_OF_CITY)
    if place.cell is not None:
        lowest, highest = children_range(place.cell, STORAGE_RES)
        return [of_city, table.cell.between(lowest, highest)]
    return [of_city]


def _of(table: ibis.Table, measure: CountMeasure, components: tuple[str, ...]) -> list[ibis.Value]:
    """Return the condition that a record belongs to one of the components."""
    if measure.component is None:
        return []
    names = {value for value, key in measure.component_names.items() if key in components}
    return [table[measure.component].isin(sorted(names | set(components)))]
