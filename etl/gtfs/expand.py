"""Expands a timetable into departures: service days x trips (or frequency starts) x stops."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from etl.gtfs.run_id import compute_run_ids
from etl.gtfs.spread import check_departures, check_starts
from etl.limits import DEFAULTS, Limits

RUN_SCHEMA = {
    "trip_id": pl.String,
    "service_on": pl.Date,
    "start_s": pl.Int64,
    "shift_s": pl.Int64,
    "is_exact": pl.Boolean,
}
_TEMPLATE = ("trip_id", "stop_id", "stop_sequence", "departure_time", "is_estimated")


def compute_runs(
    source: str,
    trips: pl.DataFrame,
    stop_times: pl.DataFrame,
    frequencies: pl.DataFrame | None,
    service_days: pl.DataFrame,
    limits: Limits = DEFAULTS,
) -> pl.DataFrame:
    """Return one row per vehicle run: trip, service date, shift against its stop times, run_id.

    A trip with frequencies runs at start_time, start_time + headway ... before end_time, its stop
    times only being a template; any other trip runs once, as written.

    Raises:
        LimitError: there would be too many.
    """
    dated = trips.select("trip_id", "route_id", "direction_id", "service_id").join(
        service_days, on="service_id"
    )
    starts = _starts(stop_times, frequencies, limits)
    check_departures(trips, stop_times, starts, service_days, limits)
    plain = dated.join(starts, on="trip_id", how="anti").with_columns(
        pl.lit(None, pl.Int64).alias("start_s"),
        pl.lit(0, pl.Int64).alias("shift_s"),
        pl.lit(value=True).alias("is_exact"),
    )
    repeated = dated.join(starts, on="trip_id")
    runs = pl.concat([plain, repeated.select(plain.columns)]).drop("service_id")
    return runs.with_columns(
        compute_run_ids(source, runs["trip_id"], runs["service_on"], runs["start_s"])
    )


def _starts(
    stop_times: pl.DataFrame, frequencies: pl.DataFrame | None, limits: Limits
) -> pl.DataFrame:
    """Return trip, start second, shift against the template's first departure, exactness."""
    if frequencies is None or frequencies.is_empty():
        return pl.DataFrame(schema={k: v for k, v in RUN_SCHEMA.items() if k != "service_on"})
    check_starts(frequencies, limits)
    first = (
        stop_times.sort("stop_sequence")
        .group_by("trip_id")
        .agg(pl.col("departure_time").first().alias("first_s"))
    )
    step = pl.int_ranges("start_time", "end_time", "headway_secs")
    return (
        frequencies.join(first, on="trip_id")
        .with_columns(step.alias("start_s"), pl.col("exact_times").eq_missing(1).alias("is_exact"))
        .explode("start_s")
        .unique(["trip_id", "start_s"], keep="first", maintain_order=True)
        .select(
            "trip_id",
            "start_s",
            (pl.col("start_s") - pl.col("first_s")).alias("shift_s"),
            "is_exact",
        )
    )


def compute_departures(
    runs: pl.DataFrame, stop_times: pl.DataFrame, dates: Sequence[date], timezone: str
) -> pl.DataFrame:
    """Return one row per run and stop with `departs_at` (UTC), boardable or not, in that order.

    In the order of time, the rows of a day are adjacent and the index grows at one end.

    A service day's clock starts at noon minus 12 h of the feed's zone, which is not midnight on
    the two days a year the clocks change.
    """
    zero = _day_starts(dates, timezone)
    boardable = (pl.col("pickup_type").fill_null(0) != 1) & ~pl.col("is_last")
    template = stop_times.select(*_TEMPLATE, boardable.alias("is_boardable"))
    second = pl.col("departure_time") + pl.col("shift_s")
    return (
        runs.join(zero, on="service_on")
        .join(template, on="trip_id")
        .with_columns(
            (pl.col("starts_at") + pl.duration(seconds=second)).alias("departs_at"),
            (pl.col("is_estimated") | ~pl.col("is_exact")).alias("is_estimated"),
            pl.col("direction_id").fill_null(0),
        )
        .select(
            "service_on",
            "run_id",
            "trip_id",
            "route_id",
            "direction_id",
            "stop_id",
            "stop_sequence",
            "departs_at",
            "is_boardable",
            "is_estimated",
        )
        .sort("departs_at")
    )


def _day_starts(dates: Sequence[date], timezone: str) -> pl.DataFrame:
    noon = pl.col("service_on").dt.combine(pl.time(12)).dt.replace_time_zone(timezone)
    return pl.DataFrame({"service_on": dates}, schema={"service_on": pl.Date}).with_columns(
        (noon.dt.convert_time_zone("UTC") - pl.duration(hours=12)).alias("starts_at")
    )
