"""T2, its companion, T3 and the random wait: how often public transport serves a place.

Each function takes the boardable departures of whole local days (`read_boardable_departures`) and
the time windows, and returns states (`layers.states.state`). A day is a calendar day of the city's
zone, so trips after midnight count on the day they run.
"""

from collections.abc import Callable, Mapping

import polars as pl

from layers.states.state import complete_states

Window = tuple[float, float]  # first and last hour of the local day, end excluded
Windows = Mapping[str, Window]
_PLACE = ("component", "starts_at", "cell", "district_id")
_LINE = ("component", "starts_at", "source", "stop_id", "route_id", "direction_id")


def compute_departures_per_hour(
    departures: pl.DataFrame, windows: Windows, timezone: str
) -> pl.DataFrame:
    """Return the distinct runs that one can board in a cell in each window (T2, class U)."""
    return complete_states(
        in_windows(departures, windows, timezone)
        .group_by(_PLACE)
        .agg(
            pl.col("run_id").n_unique().alias("n"),
            pl.col("run_id").unique().sort().alias("ids"),
            pl.col("is_estimated").any(),
        )
    )


def compute_stop_departures(
    departures: pl.DataFrame, windows: Windows, timezone: str
) -> pl.DataFrame:
    """Return the boardable departures in each window (class A)."""
    return complete_states(
        in_windows(departures, windows, timezone)
        .group_by(_PLACE)
        .agg(pl.len().alias("n"), pl.len().alias("num"), pl.col("is_estimated").any())
    )


def compute_headway_mean_min(
    departures: pl.DataFrame, windows: Windows, timezone: str
) -> pl.DataFrame:
    """Return the gaps between departures of one stop, route and direction, in minutes (T3, W)."""
    gap = pl.col("gap_min")
    return _pool_gaps(
        departures,
        windows,
        timezone,
        [
            gap.count().alias("sum_w"),
            gap.sum().alias("sum_wx"),
            gap.sum().alias("sum_x"),
            (gap**2).sum().alias("sum_x2"),
        ],
    )


def compute_wait_random_min(
    departures: pl.DataFrame, windows: Windows, timezone: str
) -> pl.DataFrame:
    """Return sum h^2 over 2 sum h: the mean wait of people who arrive at random (R)."""
    gap = pl.col("gap_min")
    return _pool_gaps(
        departures,
        windows,
        timezone,
        [(gap**2).sum().alias("num"), (2 * gap.sum()).alias("den")],
    )


SERVICE_MEASURES: Mapping[str, Callable[[pl.DataFrame, Windows, str], pl.DataFrame]] = {
    "departures_per_hour": compute_departures_per_hour,
    "stop_departures": compute_stop_departures,
    "headway_mean_min": compute_headway_mean_min,
    "wait_random_min": compute_wait_random_min,
}


def in_windows(
    departures: pl.DataFrame, windows: Windows, timezone: str, time: str = "departs_at"
) -> pl.DataFrame:
    """Return the departures once per window they lie in, with `component` and `starts_at`."""
    local = pl.col(time).dt.convert_time_zone(timezone)
    hour = local.dt.hour() + local.dt.minute() / 60 + local.dt.second() / 3600
    dated = departures.with_columns(
        local.dt.truncate("1d").dt.convert_time_zone("UTC").alias("starts_at"),
        hour.alias("hour"),
    )
    parts = [
        dated.filter((pl.col("hour") >= first) & (pl.col("hour") < end)).with_columns(
            pl.lit(name).alias("component")
        )
        for name, (first, end) in windows.items()
    ]
    return pl.concat(parts)


def _pool_gaps(
    departures: pl.DataFrame, windows: Windows, timezone: str, sums: list[pl.Expr]
) -> pl.DataFrame:
    """Return sums over the gaps of each stop, route and direction, pooled by place.

    A single departure has no gap: it is counted as missing, not as a gap as long as the window.
    """
    seconds = pl.col("departs_at").diff().over(_LINE, order_by="departs_at").dt.total_seconds()
    chosen = in_windows(departures, windows, timezone).with_columns(
        (seconds / 60).alias("gap_min"), pl.len().over(_LINE).alias("of_line")
    )
    return complete_states(
        chosen.group_by(_PLACE).agg(
            pl.col("gap_min").count().alias("n"),
            (pl.col("of_line") < 2).sum().alias("n_missing"),
            *sums,
            pl.col("is_estimated").any(),
        )
    )
