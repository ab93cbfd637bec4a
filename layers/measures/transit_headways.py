"""T7: regularity of the service: observed gaps (H) against planned gaps (h), in minutes.

A gap belongs to a stop, route, direction and window. A missed detection splits the departures
around it, because the gaps beside it are unknown. A cancelled trip does not: people waited through
its gap, so H spans it while h keeps both planned gaps.
"""

import polars as pl

from layers.measures.transit_service import Windows, in_windows
from layers.states.state import KEYS, complete_states

_LINE = (*KEYS, "source", "stop_id", "route_id", "direction_id")
_BLOCK = (*_LINE, "block")


def compute_excess_wait(
    events: pl.DataFrame, windows: Windows, timezone: str, max_headway_min: float
) -> pl.DataFrame:
    """Return `num` sum H2, `den` sum H, `sum_wx` sum h2, `sum_w` sum h."""
    chosen = _blocks(events, windows, timezone, max_headway_min)
    planned = (pl.col("planned_min").diff().over(_BLOCK, order_by="planned_min")).alias("h")
    ran = (
        chosen.filter("is_seen")
        .with_columns(
            pl.col("actual_min").diff().over(_BLOCK, order_by="actual_min").alias("actual_gap")
        )
        .select(*KEYS, pl.col("actual_gap"), pl.lit(None, pl.Float64).alias("h"))
    )
    gaps = pl.concat(
        [
            ran,
            chosen.with_columns(planned).select(
                *KEYS, pl.lit(None, pl.Float64).alias("actual_gap"), "h"
            ),
        ]
    )
    actual, plan = pl.col("actual_gap"), pl.col("h")
    return _states(
        events,
        windows,
        timezone,
        gaps.group_by(KEYS).agg(
            actual.count().alias("n"),
            (actual**2).sum().alias("num"),
            actual.sum().alias("den"),
            plan.sum().alias("sum_w"),
            (plan**2).sum().alias("sum_wx"),
        ),
    )


def compute_headway_cv(
    events: pl.DataFrame, windows: Windows, timezone: str, max_headway_min: float
) -> pl.DataFrame:
    """Return `sum_w` sum h, `sum_x` and `sum_x2` of H - h."""
    pairs = _pairs(events, windows, timezone, max_headway_min)
    difference = pl.col("actual_gap") - pl.col("h")
    return _states(
        events,
        windows,
        timezone,
        pairs.group_by(KEYS).agg(
            pl.len().alias("n"),
            pl.col("h").sum().alias("sum_w"),
            difference.sum().alias("sum_x"),
            (difference**2).sum().alias("sum_x2"),
        ),
    )


def compute_bunching_share(
    events: pl.DataFrame,
    windows: Windows,
    timezone: str,
    max_headway_min: float,
    below: float = 0.25,
) -> pl.DataFrame:
    """Return gaps shorter than `below` of the planned one over all gaps (R)."""
    pairs = _pairs(events, windows, timezone, max_headway_min)
    bunched = pl.col("actual_gap") < below * pl.col("h")
    return _states(
        events,
        windows,
        timezone,
        pairs.group_by(KEYS).agg(
            pl.len().alias("n"), bunched.sum().alias("num"), pl.len().alias("den")
        ),
    )


def _pairs(
    events: pl.DataFrame, windows: Windows, timezone: str, max_headway_min: float
) -> pl.DataFrame:
    """Return H and h of neighbours in the timetable that were both observed."""
    gap = {
        name: pl.col(column).diff().over(_BLOCK, order_by="planned_min")
        for name, column in (("h", "planned_min"), ("actual_gap", "actual_min"))
    }
    return (
        _blocks(events, windows, timezone, max_headway_min)
        .with_columns(**gap)
        .filter(pl.col("h").is_not_null() & pl.col("actual_gap").is_not_null())
    )


def _blocks(
    events: pl.DataFrame, windows: Windows, timezone: str, max_headway_min: float
) -> pl.DataFrame:
    """Return the departures that were observed or cancelled, `block` numbering unbroken runs.

    Cancelled departures at either end of a block are dropped: no observed gap spans them.
    """
    of_day = pl.col("scheduled_at") - pl.col("starts_at")
    minute = of_day.dt.total_microseconds() / 60e6
    fate = _in_window(events, windows, timezone).with_columns(
        planned_min=minute,
        actual_min=pl.when("is_seen").then(minute + pl.col("delay_s") / 60),
    )
    is_missed = ~pl.col("is_seen") & ~pl.col("is_cancelled")
    far = (pl.col("planned_min").diff() > max_headway_min + 1e-6).fill_null(value=False)
    parted = (is_missed | far).cum_sum().over(_LINE, order_by="planned_min")
    known = fate.with_columns(parted.alias("block")).filter(~is_missed)
    seen = pl.col("is_seen").cast(pl.Int64)
    before = seen.cum_sum().over(_BLOCK, order_by="planned_min")
    after = seen.cum_sum(reverse=True).over(_BLOCK, order_by="planned_min")
    return known.filter((before > 0) & (after > 0))


def _in_window(events: pl.DataFrame, windows: Windows, timezone: str) -> pl.DataFrame:
    seen = pl.col("delay_s").is_not_null() & ~pl.col("is_cancelled")
    return in_windows(events.with_columns(is_seen=seen), windows, timezone, "scheduled_at")


def _states(
    events: pl.DataFrame, windows: Windows, timezone: str, sums: pl.DataFrame
) -> pl.DataFrame:
    """Return the sums with `n_missing`: departures that were neither observed nor cancelled."""
    is_missed = ~pl.col("is_seen") & ~pl.col("is_cancelled")
    missed = (
        _in_window(events, windows, timezone)
        .group_by(KEYS)
        .agg(is_missed.sum().cast(pl.Int64).alias("n_missing"))
    )
    return complete_states(missed.join(sums, on=KEYS, how="left", nulls_equal=True))
