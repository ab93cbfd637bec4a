"""T4: the span of service of a place on a service day, and its clock hours with a departure.

Both are computed for any geometry from its cells: the span from the first and last departure, the
hours from the union of hours. Neither is ever a sum.
"""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from geodata.queries.timetable import (
    read_running_dates,
    read_running_services,
    read_served,
)
from layers.build.measure_request import MeasureRequest
from layers.catalogue.formula import SECONDS_A_DAY
from layers.catalogue.indicator import TOTAL
from layers.period import Grain, Period
from layers.states.state import complete_states

_EPOCH = date(1970, 1, 1)
_HOURS_A_DAY = 1000  # how an hour is marked with its day
_HOURS = 63  # bits of a bigint; a service day that runs on for longer does not occur


def compute_service_span(served: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return the first and the last departure of each cell, marked with their service day."""
    marks = [_day() * SECONDS_A_DAY + pl.col(name) for name in ("first_s", "last_s")]
    return _states(served, timezone, vals=pl.concat_list(marks))


def compute_service_hours(served: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return the clock hours with a departure, each marked with its service day (class U)."""
    bits = pl.col("hour_bits")
    hours = [
        pl.when((bits // 2**hour) % 2 == 1).then(_day() * _HOURS_A_DAY + hour)
        for hour in range(_HOURS)
    ]
    return _states(served, timezone, ids=pl.concat_list(hours).list.drop_nulls())


SPAN_MEASURES: Mapping[str, Callable[[pl.DataFrame, str], pl.DataFrame]] = {
    "service_span_h": compute_service_span,
    "service_hours": compute_service_hours,
}


def span_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the states of T4 for the expanded service days and `parameters.past_days` before."""
    connection, zone = request.connection, request.city.timezone
    past_days = int(request.measure.parameters.get("past_days", 0))
    dates = read_running_dates(connection, zone, past_days)
    wanted = request.wanted([Period.containing(day, Grain.DAY) for day in dates])
    running = read_running_services(connection, [period.first for period in wanted])
    served = on_days(read_served(connection), running)
    return SPAN_MEASURES[request.indicator.key](served, zone)


def on_days(served: pl.DataFrame, running: pl.DataFrame) -> pl.DataFrame:
    """Return the merged service of all services that run on a day, a row a day and place."""
    hours = [((pl.col("hour_bits") // 2**h) % 2).max() * 2**h for h in range(_HOURS)]
    return (
        running.join(served, on=["source", "service_id"])
        .group_by("service_on", "cell", "district_id", maintain_order=True)
        .agg(
            pl.col("n").sum(),
            pl.col("first_s").min(),
            pl.col("last_s").max(),
            pl.sum_horizontal(hours).alias("hour_bits"),
            pl.col("is_estimated").any(),
        )
    )


def _day() -> pl.Expr:
    return (pl.col("service_on") - _EPOCH).dt.total_days()


def _states(served: pl.DataFrame, timezone: str, **columns: pl.Expr) -> pl.DataFrame:
    midnight = pl.col("service_on").cast(pl.Datetime("us")).dt.replace_time_zone(timezone)
    return complete_states(
        served.with_columns(
            **columns,
            component=pl.lit(TOTAL),
            starts_at=midnight.dt.convert_time_zone("UTC"),
        )
    )
