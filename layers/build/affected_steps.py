"""The steps and components of a measure that new loads affect, and that must be computed again.

A record that a load brought counts from its step on, a record that a load retired no longer counts
in its own: the steps of both are affected. Where a measure says that one record may change other
steps, too, more is affected; what cannot be narrowed is computed whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
)

from geodata.city.configuration import City
from geodata.tables import incident, shared_event, source_coverage, state
from layers.catalogue.condition import find_table, is_of_loads, meets, step_begin
from layers.catalogue.indicator import TOTAL, Indicator
from layers.catalogue.measure import Condition, DeclarativeMeasure, FunctionMeasure
from layers.period import Grain, Period

FAR = date(9999, 1, 1)
_MOST_WINDOWS = 24  # more than this are joined into one, with the gaps


@dataclass(frozen=True)
class AffectedSteps:
    """The windows of whole steps to compute (None: all), of some components (None: all)."""

    windows: tuple[Period, ...] | None = None
    components: tuple[str, ...] | None = None

    @property
    def is_nothing(self) -> bool:
        """Return whether there is nothing to compute."""
        return self.windows == ()


ALL = AffectedSteps()
NOTHING = AffectedSteps(windows=())


def is_windowed(measure: DeclarativeMeasure | FunctionMeasure) -> bool:
    """Return whether single steps of the measure can be computed without the others."""
    if isinstance(measure, FunctionMeasure):
        return measure.window != "whole"
    # the record chosen of several may lie in another step than the others
    return measure.time is not None and not measure.one_per


def find_affected_steps(
    connection: Connection,
    city: City,
    indicator: Indicator,
    position: int,
    loads: Sequence[int],
) -> AffectedSteps:
    """Return the steps that the loads affect of the indicator's measure at a position."""
    measure = indicator.measures[position]
    if not loads:
        return NOTHING
    if not is_windowed(measure):
        return ALL if _is_touched(connection, measure, loads) else NOTHING
    if isinstance(measure, FunctionMeasure):
        return _affected_by_function(connection, city, indicator, position, loads)
    touched = _touched_states(connection, indicator, measure, loads)
    components = tuple(sorted({component for component, _ in touched}))
    return AffectedSteps(
        _windows(city, (begin for _, begin in touched), indicator.grain), components
    )


def _touched_states(
    connection: Connection,
    indicator: Indicator,
    measure: DeclarativeMeasure,
    loads: Sequence[int],
) -> list[tuple[str, datetime]]:
    """Return component and begin of the steps of the records that the loads brought or retired."""
    table = find_table(measure.table)
    keys = indicator.component_keys
    only = keys[0] if len(keys) == 1 else TOTAL
    component = table.c[measure.component] if measure.component else literal(only)
    begin = step_begin(table.c[str(measure.time)], indicator.grain)
    touched = select(component, begin).where(is_of_loads(table, loads), meets(table, measure.where))
    queries = [touched.distinct()]
    if measure.is_of_events:  # an event moves to the step and component of another of its calls
        queries.append(
            select(component, begin).where(_is_of_same_event(connection, loads)).distinct()
        )
    named = [
        (measure.component_names.get(key, key), at)
        for query in queries
        for key, at in connection.execute(query)
    ]
    return [(key, at) for key, at in named if key in keys and at is not None]


def _affected_by_function(
    connection: Connection, city: City, indicator: Indicator, position: int, loads: Sequence[int]
) -> AffectedSteps:
    measure = indicator.measures[position]
    assert isinstance(measure, FunctionMeasure)  # noqa: S101
    also = any(has_rows(connection, name, (), loads) for name in measure.also)
    if also or _component_sources_change(connection, measure, loads):
        return ALL
    grain = _coarsest(indicator)
    begins = _touched_begins(connection, measure, grain, loads)
    begins += _covered_begins(connection, city, measure, grain, loads)
    if not begins:
        return NOTHING
    if measure.window == "step":
        return AffectedSteps(_windows(city, begins, grain))
    newest = connection.execute(
        select(func.max(state.c.starts_at)).where(
            state.c.indicator == indicator.key, state.c.measure == position
        )
    ).scalar_one()
    first = min([*begins, *([newest] if newest else [])]).astimezone(city.zone).date()
    return AffectedSteps((Period(Period.containing(first, grain).first, FAR),))


def _coarsest(indicator: Indicator) -> Grain:
    grains = [indicator.grain, *(indicator.grain_of(key) for key in indicator.component_keys)]
    return max(grains, key=lambda grain: grain.months)


def _touched_begins(
    connection: Connection, measure: FunctionMeasure, grain: Grain, loads: Sequence[int]
) -> list[datetime]:
    table = find_table(measure.table)
    begin = step_begin(table.c[str(measure.time)], grain)
    touched = select(begin).where(is_of_loads(table, loads), meets(table, measure.where))
    queries = [touched.distinct()]
    if measure.is_of_events:
        queries.append(select(begin).where(_is_of_same_event(connection, loads)).distinct())
    return [at for query in queries for at in connection.scalars(query) if at is not None]


def _is_of_same_event(connection: Connection, loads: Sequence[int]) -> ColumnElement[bool]:
    """Return the clause that a call tells of an event of which the loads changed another call."""
    changed = select(incident.c.event_id).where(
        is_of_loads(incident, loads), incident.c.is_event_named
    )
    events = set(connection.scalars(changed.distinct()))
    named = cast(sorted(events), ARRAY(Text))
    shared = select(shared_event.c.event_id).where(shared_event.c.event_id == func.any(named))
    several = cast(list(connection.scalars(shared)) if events else [], ARRAY(Text))
    return and_(incident.c.is_event_named, incident.c.event_id == func.any(several))


def _covered_begins(
    connection: Connection,
    city: City,
    measure: FunctionMeasure,
    grain: Grain,
    loads: Sequence[int],
) -> list[datetime]:
    """Return the begins of the steps whose declared coverage the loads added or retired.

    If a load covers the measure's table, its coverage of every table counts: whether a
    timetable's departures are complete also depends on the days for which its stops are valid.
    """
    c = source_coverage.c
    covering = select(c.load_id, c.retired_by).where(
        c.table_name == measure.table, or_(c.load_id.in_(loads), c.retired_by.in_(loads))
    )
    pairs = connection.execute(covering).all()
    relevant = {number for pair in pairs for number in pair if number in set(loads)}
    if not relevant:
        return []
    spans = connection.execute(
        select(c.starts_at, c.ends_at).where(
            or_(c.load_id.in_(relevant), c.retired_by.in_(relevant))
        )
    ).all()
    days = [tuple(at.astimezone(city.zone).date() for at in span) for span in spans]
    steps = {step for day in days if day[0] < day[1] for step in Period(*day).split(grain)}
    return [step.start_at(city.timezone) for step in sorted(steps)]


def _component_sources_change(
    connection: Connection, measure: FunctionMeasure, loads: Sequence[int]
) -> bool:
    """Return whether the loads add a component to a source's records, or remove its last record.

    Coverage applies to the components that a source has records of, so every step may change.
    """
    if measure.component is None:
        return False
    table = find_table(measure.table)
    key = table.c[measure.component].label("key")
    pairs = select(table.c.source, key).where(is_of_loads(table, loads)).distinct().subquery()
    other = table.alias("other")
    own = select(literal(1)).where(
        other.c.source == pairs.c.source, other.c[measure.component] == pairs.c.key
    )
    was_current = or_(other.c.retired_by.is_(None), other.c.retired_by.in_(loads))
    is_now = _has_one(own.where(other.c.retired_by.is_(None)))
    was_there = _has_one(own.where(other.c.load_id.not_in(loads), was_current))
    changed = select(pairs.c.source).where(is_now != was_there)
    return connection.execute(changed.limit(1)).first() is not None


def _has_one(found: Select[Any]) -> ColumnElement[bool]:
    """Return whether a query has a row, by its first one: EXISTS may read them all for a join."""
    return found.limit(1).scalar_subquery().is_not(None)


def _is_touched(
    connection: Connection, measure: DeclarativeMeasure | FunctionMeasure, loads: Sequence[int]
) -> bool:
    names = (measure.table, *getattr(measure, "also", ()))
    c = source_coverage.c
    covered = select(c.coverage_id).where(
        c.table_name.in_(names), or_(c.load_id.in_(loads), c.retired_by.in_(loads))
    )
    return (
        connection.execute(covered.limit(1)).first() is not None
        or has_rows(connection, measure.table, measure.where, loads)
        or any(has_rows(connection, name, (), loads) for name in names[1:])
    )


def has_rows(
    connection: Connection, name: str, where: tuple[Condition, ...], loads: Sequence[int]
) -> bool:
    """Return whether the loads brought or retired records of a table that meet the conditions."""
    return connection.execute(rows_of(name, where, loads).limit(1)).first() is not None


def rows_of(name: str, where: tuple[Condition, ...], loads: Sequence[int]) -> Select[Any]:
    """Return the query of the records of a table that loads brought or retired."""
    table = find_table(name)
    return select(table.c.load_id).where(is_of_loads(table, loads), meets(table, where))


def _windows(city: City, begins: Iterable[datetime], grain: Grain) -> tuple[Period, ...]:
    """Return the steps that begin at these instants, ascending, adjacent ones joined."""
    days = sorted({at.astimezone(city.zone).date() for at in begins})
    joined: list[Period] = []
    for step in (Period.containing(day, grain) for day in days):
        if joined and step.first <= joined[-1].end:
            joined[-1] = Period(joined[-1].first, max(joined[-1].end, step.end))
        else:
            joined.append(step)
    if len(joined) > _MOST_WINDOWS:
        return (Period(joined[0].first, joined[-1].end),)
    return tuple(joined)
