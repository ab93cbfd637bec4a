"""How many rows a few lines of a feed stand for, counted before they are made.

A calendar may begin in the year 1, a trip run every second for a year, and a stop time be at
999999:00:00.
"""

import polars as pl

from etl.limits import Limits


def check_days(calendar: pl.DataFrame, limits: Limits) -> None:
    """Refuse a calendar whose services together run on too many days.

    Raises:
        LimitError: they do.
    """
    days = (pl.col("end_date") - pl.col("start_date")).dt.total_days() + 1
    total = int(calendar.select(days.sum()).item() or 0)
    said = f"its services run on some {total:,} days"
    limits.check("calendar.txt", "departures", total, said)


def check_starts(frequencies: pl.DataFrame, limits: Limits) -> None:
    """Refuse frequencies that stand for too many starts.

    Raises:
        LimitError: they do.
    """
    span = pl.col("end_time") - pl.col("start_time")
    starts = (span // pl.col("headway_secs").clip(lower_bound=1)).clip(lower_bound=0) + 1
    total = int(frequencies.select(starts.sum()).item() or 0)
    limits.check("frequencies.txt", "departures", total, f"it stands for some {total:,} starts")


def check_departures(
    trips: pl.DataFrame,
    stop_times: pl.DataFrame,
    starts: pl.DataFrame,
    service_days: pl.DataFrame,
    limits: Limits,
) -> None:
    """Refuse a feed whose trips make too many departures on the days they are made of.

    Raises:
        LimitError: they do.
    """
    days = service_days.group_by("service_id").agg(pl.len().alias("days"))
    often = starts.group_by("trip_id").agg(pl.len().alias("starts"))
    stops = stop_times.group_by("trip_id").agg(pl.len().alias("stops"))
    each = pl.col("days").cast(pl.Int64) * pl.col("stops") * pl.col("starts").fill_null(1)
    counted = (
        trips.select("trip_id", "service_id")
        .join(days, on="service_id")
        .join(stops, on="trip_id")
        .join(often, on="trip_id", how="left")
    )
    total = int(counted.select(each.sum()).item() or 0)
    said = f"its trips make some {total:,} departures on the days asked for"
    limits.check("stop_times.txt", "departures", total, said)


def check_nights(nights: int, limits: Limits) -> None:
    """Refuse a feed with a trip that runs for weeks.

    Raises:
        LimitError: it has one.
    """
    limits.check("stop_times.txt", "run_days", nights, f"a trip runs for {nights:,} days")
