"""Chooses the service days of a feed that become rows of the `departure` table."""

from datetime import date, timedelta

import polars as pl
from pydantic import Field

from geodata.declared import Declared


class Expansion(Declared):
    """How much of the timetable is expanded into single departures."""

    starts_on: date | None = Field(
        default=None,
        alias="from",
        description="first service day; without it the current week, else the feed's last one",
    )
    days: int = Field(default=7, ge=1, le=400)
    max_departures: int = Field(
        default=4_000_000, ge=1, description="fewer days are expanded where they would be more"
    )


def choose_dates(service_dates: pl.Series, expansion: Expansion, reference_on: date) -> list[date]:
    """Return the consecutive service dates to expand, ascending; none if nothing ever runs.

    Without a declared start: from the reference date if the feed still runs on it, otherwise the
    days up to and with the feed's last service day.
    """
    if service_dates.is_empty():
        return []
    first, last = min(service_dates), max(service_dates)
    if expansion.starts_on:
        start = expansion.starts_on
    elif first <= reference_on <= last:
        start = reference_on
    elif reference_on < first:
        start = first
    else:
        start = last - timedelta(days=expansion.days - 1)
    days = [start + timedelta(days=i) for i in range(expansion.days)]
    return [day for day in days if first <= day <= last]


def fit_dates(
    dates: list[date], runs: pl.DataFrame, stop_times: pl.DataFrame, max_departures: int
) -> list[date]:
    """Return the first dates that together have at most `max_departures`, but at least one."""
    sizes = stop_times.group_by("trip_id").len("stops")
    counted = runs.join(sizes, on="trip_id").group_by("service_on").agg(pl.col("stops").sum())
    per_day = dict(counted.iter_rows())
    total = 0
    fitting: list[date] = []
    for day in dates:
        total += per_day.get(day, 0)
        if fitting and total > max_departures:
            break
        fitting.append(day)
    return fitting
