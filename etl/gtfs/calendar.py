"""Service days: which services run on which dates."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from etl.gtfs.fields import WEEKDAYS
from etl.gtfs.spread import check_days
from etl.gtfs.table import Table
from etl.limits import DEFAULTS, Limits

SCHEMA = {"service_id": pl.String, "service_on": pl.Date}


def compute_service_days(
    tables: Mapping[str, Table], until: date | None = None, limits: Limits = DEFAULTS
) -> pl.DataFrame:
    """Return one row per service and date it runs on: weekdays in range, plus and minus exceptions.

    Args:
        tables: the feed's checked tables; calendar.txt or calendar_dates.txt may be missing.
        limits: how many days may be listed.
        until: last date wanted: a calendar "until 2099" would list days that are never read.
    """
    regular = (
        _regular_days(tables["calendar.txt"].rows, until, limits)
        if "calendar.txt" in tables
        else None
    )
    days = pl.DataFrame(schema=SCHEMA) if regular is None else regular
    if "calendar_dates.txt" in tables:
        exceptions = tables["calendar_dates.txt"].rows.rename({"date": "service_on"})
        added = exceptions.filter(pl.col("exception_type") == 1).select(list(SCHEMA))
        removed = exceptions.filter(pl.col("exception_type") == 2).select(list(SCHEMA))
        days = pl.concat([days, added]).join(removed, on=list(SCHEMA), how="anti")
    return days.unique().sort("service_on", "service_id")


def _regular_days(calendar: pl.DataFrame, until: date | None, limits: Limits) -> pl.DataFrame:
    """Return the weekdays of each service between its dates, both inclusive."""
    if calendar.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    last = pl.min_horizontal("end_date", pl.lit(until, pl.Date)).alias("end_date")
    calendar = calendar.with_columns(last).filter(pl.col("start_date") <= pl.col("end_date"))
    check_days(calendar, limits)
    return (
        calendar.with_columns(pl.date_ranges("start_date", "end_date").alias("service_on"))
        .explode("service_on")
        .filter(_runs_on_weekday())
        .select(list(SCHEMA))
    )


def _runs_on_weekday() -> pl.Expr:
    weekday = pl.col("service_on").dt.weekday()
    return pl.any_horizontal(
        (weekday == number) & (pl.col(name) == 1) for number, name in enumerate(WEEKDAYS, start=1)
    )
