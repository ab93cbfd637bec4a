"""T6, on time, and T9, trips operated.

Each function takes the departures expected (`geodata.queries.operation`) and returns states. A
departure counts on the local day it was scheduled for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from layers.catalogue.indicator import TOTAL
from layers.states.state import KEYS, complete_states

Tolerance = tuple[float, float]  # seconds early and late that still count, both included


@dataclass(frozen=True)
class OnTime:
    """The tolerances: in general, and of routes that have their own."""

    tolerance: Tolerance
    routes: Mapping[str, Tolerance]

    def holds(self) -> pl.Expr:
        """Return whether `delay_s` is on time; null where nothing was observed."""
        limits = []
        for side, usual in enumerate(self.tolerance):
            own = {route: float(pair[side]) for route, pair in self.routes.items()}
            limits.append(
                pl.col("route_id").replace_strict(
                    own, default=float(usual), return_dtype=pl.Float64
                )
            )
        early, late = limits
        return pl.col("delay_s").is_between(-early, late)


def compute_on_time(
    events: pl.DataFrame, rule: OnTime, timezone: str, *, strict: bool = False
) -> pl.DataFrame:
    """Return departures on time over departures observed, or over all scheduled if `strict` (T6).

    An unobserved departure is missing in both, a cancelled one too; the share that is missing shows
    how much of the schedule was observed.
    """
    seen = _is_seen()
    return _by_place(
        events,
        "scheduled_at",
        timezone,
        n=seen.sum(),
        n_missing=(~seen).sum(),
        num=(seen & rule.holds()).sum(),
        den=pl.len() if strict else seen.sum(),
    )


def compute_observed_share(events: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return departures observed over departures scheduled: how complete T6 and T7 are."""
    return _by_place(
        events, "scheduled_at", timezone, n=pl.len(), num=_is_seen().sum(), den=pl.len()
    )


def compute_trip_completion(trips: pl.DataFrame, least_share: float, timezone: str) -> pl.DataFrame:
    """Return trips that served `least_share` of their distance over trips scheduled (T9).

    A trip that left but has no distance is missing; one that never left did not run.
    """
    left = pl.col("delay_s").is_not_null()
    known = ~left | (pl.col("run_km").is_not_null() & pl.col("scheduled_km").is_not_null())
    served = left & (pl.col("run_km") >= least_share * pl.col("scheduled_km"))
    return _by_place(
        trips,
        "planned_at",
        timezone,
        n=known.sum(),
        n_missing=(~known).sum(),
        num=(known & served).sum(),
        den=known.sum(),
    )


def compute_first_departure_punctuality(
    trips: pl.DataFrame, rule: OnTime, timezone: str
) -> pl.DataFrame:
    """Return trips that left the first stop on time over trips that left it (T9)."""
    left = pl.col("delay_s").is_not_null()
    return _by_place(
        trips,
        "planned_at",
        timezone,
        n=left.sum(),
        num=(left & rule.holds()).sum(),
        den=left.sum(),
    )


def _is_seen() -> pl.Expr:
    return pl.col("delay_s").is_not_null() & ~pl.col("is_cancelled")


def _by_place(frame: pl.DataFrame, time: str, timezone: str, **sums: pl.Expr) -> pl.DataFrame:
    midnight = pl.col(time).dt.convert_time_zone(timezone).dt.truncate("1d")
    return complete_states(
        frame.with_columns(component=pl.lit(TOTAL), starts_at=midnight.dt.convert_time_zone("UTC"))
        .group_by(KEYS)
        .agg(**sums)
    )
