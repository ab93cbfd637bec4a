"""Values for pages, cached by the version of the states."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboard.read.context import ScreenContext
from dashboard.read.forms import FRAME, JsonForm
from dashboard.wording.periods import begun
from geodata.clock import now
from geodata.errors import NotFoundError
from layers.catalogue.indicator import Indicator
from layers.catalogue.targets import Target, find_target
from layers.maps.classes import Classes, read_classes
from layers.period import Grain, Period
from layers.states.status import Status
from layers.states.version import Build
from layers.values import read
from layers.values.left_out import LeftOut
from layers.values.query import ValueQuery
from layers.values.selection import By

PERIODS = JsonForm(list[Period])
CLASSES = JsonForm(Classes)
LEFT_OUT = JsonForm(LeftOut)


@dataclass(frozen=True)
class Value:
    """One number of one geometry and period."""

    value: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int | None = None
    n_missing: int | None = None
    num: float | None = None
    den: float | None = None
    status: int = Status.NO_DATA


def read_build_or_none(context: ScreenContext, indicator: Indicator) -> Build | None:
    """Return the indicator's current build, None before the first one."""
    try:
        return read.read_build(context.engine, context.city, indicator.key)
    except NotFoundError:
        return None


def read_cached_values(
    context: ScreenContext,
    build: Build,
    period: Period,
    by: By,
    component: str,
    *,
    res: int | None = None,
    district_id: str | None = None,
    cell: int | None = None,
) -> pl.DataFrame:
    """Return the frame of `layers.values.read.read_values`, cached by version."""
    query = ValueQuery(
        build.indicator, period, component, by, res=res, district_id=district_id, cell=cell
    )
    place = f"{res}/{district_id}/{cell}"
    key = f"values/{build.indicator}/{build.version}/{component}/{period}/{by}/{place}"
    return context.cache.get_or(
        key, lambda: read.read_values(context.engine, context.city, query), FRAME
    )


def read_periods(
    context: ScreenContext, build: Build, component: str, step: Grain | None = None
) -> list[Period]:
    """Return the calendar steps that have states, oldest first; `step` defaults to the entry's."""
    key = f"periods/{build.indicator}/{build.version}/{component}/{step}"
    return context.cache.get_or(
        key,
        lambda: read.available_periods(
            context.engine, context.city, build.indicator, component, step
        ),
        PERIODS,
    )


def read_latest(
    context: ScreenContext, build: Build, component: str, days: int | None
) -> Period | None:
    """Return the newest step, or the last days up to the newest day that has states."""
    today = now().astimezone(context.city.zone).date()
    periods = begun(read_periods(context, build, component, Grain.DAY if days else None), today)
    if not periods:
        return None
    return Period.last_days(days, periods[-1].end) if days else periods[-1]


def read_one(
    context: ScreenContext,
    build: Build,
    period: Period,
    component: str,
    *,
    district_id: str | None = None,
    cell: int | None = None,
) -> Value:
    """Return the number of the city, a district or a cell."""
    frame = read_cached_values(
        context, build, period, "city", component, district_id=district_id, cell=cell
    )
    if frame.is_empty():
        return Value()
    row = frame.row(0, named=True)
    return Value(**{name: row[name] for name in Value.__dataclass_fields__})


def read_cached_left_out(
    context: ScreenContext, build: Build, period: Period, component: str
) -> LeftOut:
    """Return what lies in no district beside the city's number, cached by version."""
    query = ValueQuery(build.indicator, period, component, "city")
    key = f"left/{build.indicator}/{build.version}/{component}/{period}"
    return context.cache.get_or(
        key, lambda: read.read_beside(context.engine, context.city, query), LEFT_OUT
    )


def read_districts(
    context: ScreenContext, build: Build, period: Period, component: str
) -> dict[str, Value]:
    """Return the number of each district that has one."""
    frame = read_cached_values(context, build, period, "district", component)
    names = ["key", *Value.__dataclass_fields__]
    return {row.pop("key"): Value(**row) for row in frame.select(names).iter_rows(named=True)}


def target_of(
    context: ScreenContext, indicator: Indicator, component: str, on: date
) -> Target | None:
    """Return the target of a component valid on a day."""
    return find_target(context.city, indicator.key, component, on)


def read_layer_classes(context: ScreenContext, build: Build, component: str, res: int) -> Classes:
    """Return the breaks and colours of a layer, fixed for all periods of a build."""
    key = f"classes/{build.indicator}/{build.version}/{component}/{res}"
    return context.cache.get_or(
        key,
        lambda: read_classes(context.engine, context.city, build.indicator, component, res),
        CLASSES,
    )
