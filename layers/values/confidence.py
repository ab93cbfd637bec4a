"""95 % confidence intervals, vectorised. NaN where an interval is not defined."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]

CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2
_Z = float(stats.norm.ppf(1 - _TAIL))


def wilson(successes: Floats, trials: Floats) -> Bounds:
    """Return Wilson's bounds of a proportion; NaN where there were no trials."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / trials
        shrink = 1 + _Z**2 / trials
        centre = (share + _Z**2 / (2 * trials)) / shrink
        half = _Z * np.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2)) / shrink
    defined = (trials > 0) & (successes >= 0) & (successes <= trials)
    lo = np.where(successes == 0, 0.0, np.maximum(centre - half, 0.0))
    hi = np.where(successes == trials, 1.0, np.minimum(centre + half, 1.0))
    return np.where(defined, lo, np.nan), np.where(defined, hi, np.nan)


def poisson(count: Floats) -> Bounds:
    """Return the exact (Garwood) bounds of a Poisson count."""
    with np.errstate(invalid="ignore"):
        lo = np.where(count > 0, stats.chi2.ppf(_TAIL, 2 * np.maximum(count, 0.5)) / 2, 0.0)
        hi = stats.chi2.ppf(1 - _TAIL, 2 * count + 2) / 2
    return np.where(count >= 0, lo, np.nan), np.where(count >= 0, hi, np.nan)


def mean(n: Floats, sum_x: Floats, sum_x2: Floats) -> Bounds:
    """Return mean ± 1.96·s/√n from the sums of n raw observations; NaN below two."""
    with np.errstate(divide="ignore", invalid="ignore"):
        average = sum_x / n
        variance = np.maximum(sum_x2 - n * average**2, 0.0) / (n - 1)
        half = _Z * np.sqrt(variance / n)
    defined = n >= 2
    return np.where(defined, average - half, np.nan), np.where(defined, average + half, np.nan)


@cache
def rank_bounds(n: int, quantile: float) -> tuple[int, int]:
    """Return the 1-based ranks (l, u) between whose values the quantile lies with 95 %.

    Two-sided from the binomial distribution, at most 2.5 % on each side. A rank is 0 where n is
    too small for it: the upper one of the P90 exists from n = 36, both of the median from n = 6.
    """
    lower = int(stats.binom.ppf(_TAIL, n, quantile))
    upper = int(stats.binom.ppf(1 - _TAIL, n, quantile)) + 1
    return lower, upper if upper <= n else 0
