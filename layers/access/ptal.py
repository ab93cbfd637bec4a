"""Public-transport access index (METHODS T8, after TfL's PTAL): walk, wait, frequency."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

WALK_LIMIT_M: Mapping[str, float] = MappingProxyType({"bus": 640.0, "rail": 960.0})
RELIABILITY_MIN: Mapping[str, float] = MappingProxyType({"bus": 2.0, "rail": 0.75})
_BANDS = (
    (2.5, "1a"),
    (5.0, "1b"),
    (10.0, "2"),
    (15.0, "3"),
    (20.0, "4"),
    (25.0, "5"),
    (40.0, "6a"),
)


def access_index(services: pl.DataFrame, walk_m_per_min: float) -> pl.DataFrame:
    """Return point and ptai of each point that has a service in reach.

    Args:
        services: point, mode (bus or rail), route, walk_m, per_hour: a row for each stop of a route
            that a point can walk to; `per_hour` is the departures of the busier direction there.
        walk_m_per_min: how fast one walks.
    """
    limit, wait = (
        pl.col("mode").replace_strict(dict(table), return_dtype=pl.Float64)
        for table in (WALK_LIMIT_M, RELIABILITY_MIN)
    )
    doorstep = pl.col("walk_m") / walk_m_per_min + 30 / pl.col("per_hour") + wait
    nearest = (
        services.filter(pl.col("walk_m") <= limit, pl.col("per_hour") > 0)
        .with_columns(frequency=30 / doorstep)
        .sort("walk_m", -pl.col("per_hour"))
        .group_by("point", "mode", "route")
        .agg(pl.col("frequency").first())
    )
    best = pl.col("frequency").max()
    # sorted, since a sum of fractions depends on the order; the two modes' sum does not
    of_mode = nearest.group_by("point", "mode").agg(
        index=best + 0.5 * (pl.col("frequency").sort().sum() - best)
    )
    return of_mode.group_by("point").agg(ptai=pl.col("index").sum()).sort("point")


def band_of(ptai: float) -> str:
    """Return the band of an index, from 0 to 6b."""
    if ptai <= 0:
        return "0"
    return next((band for upper, band in _BANDS if ptai <= upper), "6b")
