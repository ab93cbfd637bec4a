"""What pages ask the layers, remembered by the version of the states."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboard.context import Context
from geodata.errors import NotFoundError
from layers import reading
from layers.indicator import Indicator
from layers.period import Grain, Period
from layers.question import ValueQuery
from layers.registry import Target, find_target
from layers.selection import By
from layers.status import Status
from layers.version import Build


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


def read_build_or_none(context: Context, indicator: Indicator) -> Build | None:
    """Return what the indicator's states stand on, None before the first build."""
    try:
        return reading.read_build(context.engine, indicator.key)
    except NotFoundError:
        return None


def read_values(
    context: Context,
    build: Build,
    period: Period,
    by: By,
    component: str,
    *,
    res: int | None = None,
    district_id: str | None = None,
    cell: int | None = None,
) -> pl.DataFrame:
    """Return the frame of `layers.reading.read_values`, remembered by version."""
    query = ValueQuery(
        build.indicator, period, component, by, res=res, district_id=district_id, cell=cell
    )
    place = f"{res}/{district_id}/{cell}"
    key = f"values/{build.indicator}/{build.version}/{component}/{period}/{by}/{place}"
    return context.cache.get_or(
        key, lambda: reading.read_values(context.engine, context.city, query)
    )


def read_periods(
    context: Context, build: Build, component: str, step: Grain | None = None
) -> list[Period]:
    """Return the calendar steps that have states, oldest first; `step` defaults to the entry's."""
    key = f"periods/{build.indicator}/{build.version}/{component}/{step}"
    return context.cache.get_or(
        key,
        lambda: reading.available_periods(
            context.engine, context.city, build.indicator, component, step
        ),
    )


def read_latest(context: Context, build: Build, component: str, days: int | None) -> Period | None:
    """Return the newest step, or the last days up to the newest day that has states."""
    periods = read_periods(context, build, component, Grain.DAY if days else None)
    if not periods:
        return None
    return Period.last_days(days, periods[-1].end) if days else periods[-1]


def read_one(
    context: Context,
    build: Build,
    period: Period,
    component: str,
    *,
    district_id: str | None = None,
    cell: int | None = None,
) -> Value:
    """Return the number of the city, a district or a cell."""
    frame = read_values(
        context, build, period, "city", component, district_id=district_id, cell=cell
    )
    if frame.is_empty():
        return Value()
    row = frame.row(0, named=True)
    return Value(**{name: row[name] for name in Value.__dataclass_fields__})


def target_of(indicator: Indicator, component: str, on: date) -> Target | None:
    """Return the target of a component valid on a day."""
    return find_target(indicator.key, component, on)


def read_layer_breaks(
    context: Context, indicator: Indicator, build: Build, component: str, res: int
) -> list[float]:
    """Return the inner breaks of the value classes at a resolution, fixed for all periods."""
    periods = read_periods(context, build, component)
    if not periods or "cell" not in indicator.geometry:
        return []
    frame = read_values(context, build, periods[-1], "cell", component, res=res)
    known = frame.filter(pl.col("value") > 0)["value"]
    cuts = [known.quantile(k / indicator.classes) for k in range(1, indicator.classes)]
    return sorted({float(cut) for cut in cuts if cut is not None})
