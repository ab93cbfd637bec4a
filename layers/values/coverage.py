"""Coverage that the sources declare: only within it is "no record" a zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from sqlalchemy import Connection, select

from geodata.tables import NO_DISTRICT, departure, district, gtfs_stop, source_coverage
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import FunctionMeasure
from layers.catalogue.record_tables import record_table

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class CoveredSpan:
    """Declared coverage of a component (None: all carried) in a district (None: the city)."""

    component: str | None
    district_id: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Coverage:
    """All coverage declared for the table that an indicator counts."""

    spans: tuple[CoveredSpan, ...]
    districts: frozenset[str]
    is_stock: bool

    def covers(self, components: Iterable[str], span: Span, district_id: str | None = None) -> bool:
        """Return whether each component is covered over the whole span in the district.

        Without a district: in the whole city, at once or district by district.
        """
        wanted = list(components)
        if not wanted or span[1] <= span[0]:
            return False
        return all(self._covers_one(component, span, district_id) for component in wanted)

    def declared(self, components: Iterable[str]) -> list[str]:
        """Return those components for which any source declares coverage."""
        if any(span.component is None for span in self.spans):
            return list(components)
        named = {span.component for span in self.spans}
        return [component for component in components if component in named]

    def _covers_one(self, component: str, span: Span, district_id: str | None) -> bool:
        own = [s for s in self.spans if s.component in (None, component)]
        places = [district_id] if district_id else sorted(self.districts)
        if self._spans([s for s in own if s.district_id is None], span):
            return True
        return bool(places) and all(
            self._spans([s for s in own if s.district_id in (None, place)], span)
            for place in places
        )

    def _spans(self, spans: list[CoveredSpan], span: Span) -> bool:
        if self.is_stock:
            return any(s.starts_at < span[1] for s in spans)
        covered_until, end = span
        for each in sorted(spans, key=lambda s: s.starts_at):
            if each.starts_at <= covered_until:
                covered_until = max(covered_until, each.ends_at)
        return covered_until >= end


def read_coverage(connection: Connection, indicator: Indicator) -> Coverage:
    """Return the coverage that the sources of the indicator's first table declare."""
    c = source_coverage.c
    rows = connection.execute(
        select(c.source, c.component, c.district_id, c.starts_at, c.ends_at).where(
            c.table_name == indicator.measures[0].table, c.retired_by.is_(None)
        )
    ).all()
    carried = _read_components(connection, indicator) if rows else None
    holes = _read_holes(connection) if indicator.measures[0].table == departure.name else []
    spans = tuple(
        CoveredSpan(component, row.district_id, *part)
        for row in rows
        for part in without([(row.starts_at, row.ends_at)], holes)
        for component in components_of(row.component, row.source, carried)
    )
    named = connection.scalars(
        select(district.c.district_id).where(district.c.district_id.not_in(NO_DISTRICT))
    )
    return Coverage(spans, frozenset(named), indicator.stock)


def _read_holes(connection: Connection) -> list[Span]:
    """Return the times at which services of a timetable run whose departures are not known.

    The departures of other timetables are known then, but are not all there are: none of them in a
    place does not mean that there is no service.
    """
    c = source_coverage.c
    rows = connection.execute(
        select(c.source, c.table_name, c.starts_at, c.ends_at).where(
            c.table_name.in_((gtfs_stop.name, departure.name)), c.retired_by.is_(None)
        )
    ).all()
    holes: list[Span] = []
    for source in {row.source for row in rows}:
        own = {
            name: [
                (row.starts_at, row.ends_at)
                for row in rows
                if (row.source, row.table_name) == (source, name)
            ]
            for name in (gtfs_stop.name, departure.name)
        }
        holes += without(own[gtfs_stop.name], own[departure.name])
    return holes


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return what is left of the spans outside the holes."""
    left = list(spans)
    for first, end in holes:
        left = [
            (start, stop)
            for span in left
            for start, stop in ((span[0], min(span[1], first)), (max(span[0], end), span[1]))
            if start < stop
        ]
    return left


def components_of(
    component: str | None, source: str, carried: dict[str, list[str]] | None
) -> Sequence[str | None]:
    """Return the component a span names, else all that the source's records carry."""
    if component is not None or carried is None:
        return [component]
    return carried.get(source, [])


def _read_components(connection: Connection, indicator: Indicator) -> dict[str, list[str]] | None:
    """Return the components that each source's records carry; None where records carry none."""
    measure = indicator.measures[0]
    if measure.component is None:
        return None
    names = {} if isinstance(measure, FunctionMeasure) else measure.component_names
    table = record_table(measure.table)
    pairs = table.filter(table.retired_by.isnull()).select("source", measure.component).distinct()
    found: dict[str, list[str]] = {}
    for source, value in connection.exec_driver_sql(str(ibis.to_sql(pairs, dialect="postgres"))):
        found.setdefault(source, []).append(names.get(value, value))
    return found
