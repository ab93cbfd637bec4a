"""Reads values: answers a query with a frame."""

from datetime import datetime

import polars as pl
from sqlalchemy import Connection, Engine, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.engine import open_snapshot
from geodata.errors import NotFoundError
from geodata.tables import NOT_OF_CITY, district
from layers.catalogue.indicator import ALL, StateClass
from layers.catalogue.registry import find_indicator, resolve_component
from layers.period import Grain, Period
from layers.states.version import Build, is_stale, read_build, read_build_in
from layers.values.compute import compute_values
from layers.values.coverage import read_coverage
from layers.values.denominator import read_denominator, read_stock
from layers.values.left_out import LeftOut, read_left_out
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.selection import read_merged, read_steps
from layers.values.true_zero import may_be_zero, with_zeros

__all__ = [
    "Build",
    "ValueQuery",
    "available_periods",
    "latest_period",
    "read_beside",
    "read_build",
    "read_values",
]


def read_values(engine: Engine, city: City, query: ValueQuery) -> pl.DataFrame:
    """Return key, value, lo, hi, n, n_missing, num, den, status (Int8), one row a key.

    `key` is the cell (Int64), the district_id, the city's code (or the district or cell the city
    was narrowed to) or the text of a step. By district every district is there; by period every
    step of the period is there; by cell only cells that have states or a denominator.

    Raises:
        NotFoundError: no such indicator, component or district.
        QueryError: the query does not fit the indicator.
    """
    checked = check_query(query, city)
    with open_snapshot(engine) as connection:
        _check_district(connection, checked.district_id)
        return answer(connection, city, checked)


def read_beside(engine: Engine, city: City, query: ValueQuery) -> LeftOut:
    """Return what lies in no district beside the city's number.

    Raises:
        NotFoundError: no such indicator or component.
        QueryError: the query does not fit the indicator.
    """
    checked = check_query(query, city)
    with engine.connect() as connection:
        return read_left_out(connection, checked)


def answer(connection: Connection, city: City, query: CheckedQuery) -> pl.DataFrame:
    """Return the values of a checked query within an open transaction."""
    try:
        build = read_build_in(connection, query.indicator)
    except NotFoundError:
        build = None
    merged = _read_states(connection, city, query)
    if build is not None and may_be_zero(merged, query):
        coverage = read_coverage(connection, query.indicator)
        merged = with_zeros(merged, query, coverage, build.as_of)
    if query.indicator.denominator:
        merged = merged.drop("den").join(
            read_denominator(connection, query, merged), on="key", how="left"
        )
    values = compute_values(_with_time(connection, merged, query, build), query.indicator)
    if query.by == "city":
        place = f"{query.cell:x}" if query.cell else query.district_id
        values = values.with_columns(key=pl.lit(place or city.code))
    return values


def _check_district(connection: Connection, district_id: str | None) -> None:
    if district_id is None:
        return
    found = select(district.c.district_id).where(district.c.district_id == district_id)
    if connection.execute(found).one_or_none() is None:
        raise NotFoundError(f"no district is called {district_id!r}")


def _read_states(connection: Connection, city: City, query: CheckedQuery) -> pl.DataFrame:
    """Return the merged states, and a row without states (`n` null) for each key that has none."""
    if query.indicator.stock:
        found = read_stock(connection, query)
    else:
        found = read_merged(connection, query.selection(*query.span))
        if query.by == "period":
            found = _named(found, city, query)
    keys = _expected_keys(connection, query)
    if keys is None:
        return found
    return keys.join(found, on="key", how="left", maintain_order="left")


def _named(found: pl.DataFrame, city: City, query: CheckedQuery) -> pl.DataFrame:
    """Replace the second at which a step begins by the text of the step."""
    begins = [datetime.fromtimestamp(s, city.zone).date() for s in found["key"].to_list()]
    texts = [str(Period.containing(day, query.step)) for day in begins]
    return found.with_columns(pl.Series("key", texts, dtype=pl.String))


def _expected_keys(connection: Connection, query: CheckedQuery) -> pl.DataFrame | None:
    """Return the keys that must be in the answer, with or without states; None by cell."""
    match query.by:
        case "district":
            of_city = district.c.district_id.not_in(NOT_OF_CITY)
            ordered = select(district.c.district_id).where(of_city).order_by(district.c.position)
            keys = list(connection.scalars(ordered))
        case "city":
            keys = ["city"]
        case "period":
            keys = [str(step) for step in query.steps()]
        case _:
            return None
    return pl.DataFrame({"key": keys}, schema={"key": pl.String})


def _with_time(
    connection: Connection, merged: pl.DataFrame, query: CheckedQuery, build: Build | None
) -> pl.DataFrame:
    """Add `is_stale` and, for class U, `hours`: the hours of the window over the period."""
    periods = query.steps() if query.by == "period" else [query.period]
    moment = now()
    stale = [
        is_stale(query.indicator, build, min(moment, part.end_at(query.zone))) for part in periods
    ]
    columns = {"is_stale": pl.Series(stale, dtype=pl.Boolean)}
    if query.indicator.state_class is StateClass.DISTINCT:
        columns["hours"] = pl.Series(_hours(connection, query, periods), dtype=pl.Float64)
    if query.by == "period":
        return merged.with_columns(**columns)
    return merged.with_columns(**{name: pl.lit(column[0]) for name, column in columns.items()})


def _hours(connection: Connection, query: CheckedQuery, periods: list[Period]) -> list[float]:
    """Return the hours of the component's window in each period: one window a step that ran."""
    declared = query.indicator.components.get(query.component)
    a_step = (declared.hours if declared else None) or 1.0
    ran = read_steps(connection, query.indicator, query.components)
    zone = query.zone
    return [
        a_step * sum(part.start_at(zone) <= at < part.end_at(zone) for at in ran)
        for part in periods
    ]


def available_periods(
    engine: Engine,
    city: City,
    indicator: str,
    component: str = "default",
    step: Grain | None = None,
) -> list[Period]:
    """Return the calendar steps that have states, in order; `step` defaults to the entry's.

    A stock has the steps its snapshots begin in and, since they stay valid, the present one.

    Raises:
        NotFoundError: no such indicator or component.
    """
    entry = find_indicator(city, indicator)
    key = resolve_component(entry, component)
    wanted = step or _at_least(entry.step, entry.grain_of(key))
    components = entry.component_keys if key == ALL else (key,)
    with engine.connect() as connection:
        begins = read_steps(connection, entry, components)
    if entry.stock and begins:
        begins.append(now())
    steps = {Period.containing(at.astimezone(city.zone).date(), wanted) for at in begins}
    return sorted(steps)


def _at_least(step: Grain, grain: Grain) -> Grain:
    return step if step.months >= grain.months else grain


def latest_period(
    engine: Engine,
    city: City,
    indicator: str,
    component: str = "default",
    step: Grain | None = None,
) -> Period | None:
    """Return the newest calendar step that has states; None where there are none yet."""
    periods = available_periods(engine, city, indicator, component, step)
    return periods[-1] if periods else None
