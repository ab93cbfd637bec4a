"""E2: empirical Bayes rates of cells: the fewer the people, the nearer to the mean."""

import numpy as np
from esda.smoothing import Empirical_Bayes
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smooth_rates(events: Floats, population: Floats) -> Floats:
    """Return the empirical Bayes rate of each place, NaN where it has no events or population.

    A place with many people keeps its own rate, a place with few gets nearly the mean. Where rates
    vary no more than by chance, every place gets the mean: the estimated variance is then negative
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
    with np.errstate(divide="ignore", invalid="ignore"):  # for a single place the rest is 0/0
        estimate = Empirical_Bayes(events[known], population[known]).r.ravel()
    estimate = np.where(np.isfinite(estimate), estimate, mean)
    smoothed[known] = np.clip(estimate, np.minimum(own, mean), np.maximum(own, mean))
    return smoothed
