"""Siting of stations: coverage in time, the best further sites, and the size of station areas.

The optimal sites are found by spopt with HiGHS. Covered weight is summed here, because spopt's
`perc_cov` counts points, not their weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl
import pulp
from spopt.locate import LSCP, MCLP

Floats = npt.NDArray[np.float64]

# 建标152-2017 art. 14: the area of a station by its class, in km² (confirmed in secondary
# publications only).
LARGEST_AREA_KM2: Mapping[str, float] = MappingProxyType(
    {"一级": 7.0, "二级": 4.0, "小型": 2.0, "近郊": 15.0}
)


@dataclass(frozen=True)
class Siting:
    """Chosen sites (columns of the cost matrix) and the weight they reach in time."""

    sites: tuple[int, ...]
    covered_weight: float
    total_weight: float

    @property
    def share(self) -> float:
        """Covered weight over all weight; NaN if there is none."""
        return self.covered_weight / self.total_weight if self.total_weight else float("nan")


def covered_weight(cost: Floats, weights: Floats, limit: float, sites: list[int]) -> float:
    """Return the weight of the places that one of the sites reaches within the limit."""
    if not sites:
        return 0.0
    return float(weights[(cost[:, sites] <= limit).any(axis=1)].sum())


def fewest_sites(cost: Floats, weights: Floats, limit: float) -> Siting:
    """Return the fewest sites that reach every place that can be reached at all (LSCP).

    `cost` has a row a place and a column a possible site.
    """
    reachable = (cost <= limit).any(axis=1)
    if not reachable.any():
        return Siting((), 0.0, float(weights.sum()))
    model = LSCP.from_cost_matrix(cost[reachable], limit)
    return _solved(model, cost, weights, limit)


def best_sites(cost: Floats, weights: Floats, limit: float, number: int) -> Siting:
    """Return so many sites that reach the most weight (MCLP).

    Places reached by the same sites are merged before solving, and places reached by none are left
    out: the optimum is the same, the problem much smaller.
    """
    patterns, place = np.unique(cost <= limit, axis=0, return_inverse=True)
    joint = np.bincount(place, weights=weights, minlength=len(patterns))
    matters = patterns.any(axis=1) & (joint > 0)
    if not matters.any():
        return Siting((), 0.0, float(weights.sum()))
    reached = np.where(patterns[matters], 0.0, 2.0)
    model = MCLP.from_cost_matrix(
        reached, joint[matters], 1.0, p_facilities=min(number, cost.shape[1])
    )
    return _solved(model, cost, weights, limit)


def _solved(model: LSCP | MCLP, cost: Floats, weights: Floats, limit: float) -> Siting:
    model.solve(pulp.HiGHS(msg=False))
    chosen = [site for site, variable in enumerate(model.fac_vars) if variable.value() > 0.5]
    return Siting(tuple(chosen), covered_weight(cost, weights, limit, chosen), float(weights.sum()))


def check_station_areas(stations: pl.DataFrame) -> pl.DataFrame:
    """Add limit_km2 and is_too_large to stations with class and area_km2.

    A class without a rule has no limit, and is_too_large is null.
    """
    limit = pl.col("class").replace_strict(
        dict(LARGEST_AREA_KM2), default=None, return_dtype=pl.Float64
    )
    return stations.with_columns(limit_km2=limit).with_columns(
        is_too_large=pl.col("area_km2") > pl.col("limit_km2")
    )


def area_of_each(cost: Floats, area_km2: Floats) -> Floats:
    """Return the area that each site is the first to reach.

    `cost` has a row a place and a column a site; a place none can reach belongs to none.
    """
    reached = np.isfinite(cost).any(axis=1)
    nearest = np.argmin(cost[reached], axis=1)
    sums = np.bincount(nearest, weights=area_km2[reached], minlength=cost.shape[1])
    return np.asarray(sums, dtype=np.float64)
