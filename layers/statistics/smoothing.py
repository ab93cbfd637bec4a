"""E2: rates of cells shrunk towards the mean by how few people stand behind them."""

import numpy as np
from esda.smoothing import Empirical_Bayes
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smooth_rates(events: Floats, population: Floats) -> Floats:
    """Return the empirical Bayes rate of each place, NaN where it has no events or population.

    A place of many keeps its own rate, a place of few takes on the mean. Where the rates vary no
    more than chance makes them, every place has the mean: the estimated variance is then negative
    and the plain estimate would leave the span between own rate and mean.
    """
    smoothed = np.full(len(events), np.nan)
    known = np.isfinite(events) & (population > 0)
    if not known.any():
        return smoothed
    own = events[known] / population[known]
    mean = events[known].sum() / population[known].sum()
    if mean == 0:
        smoothed[known] = 0.0
        return smoothed
    with np.errstate(divide="ignore", invalid="ignore"):  # of one place alone the rest is 0/0
        estimate = Empirical_Bayes(events[known], population[known]).r.ravel()
    estimate = np.where(np.isfinite(estimate), estimate, mean)
    smoothed[known] = np.clip(estimate, np.minimum(own, mean), np.maximum(own, mean))
    return smoothed
