"""The canonical quantile: the inverse of the empirical distribution, as `percentile_disc`."""

from math import ceil

import numpy as np
from numpy.typing import NDArray


def rank_of(quantile: float, n: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the 1-based rank ceil(p*n), at least 1; exact for p given in decimals."""
    scaled = np.round(n * quantile, 9)
    return np.maximum(np.ceil(scaled).astype(np.int64), 1)


def percentile_disc(values: NDArray[np.float64], quantile: float) -> float:
    """Return the value of rank ceil(p*n); NaN of nothing."""
    if len(values) == 0:
        return float("nan")
    rank = max(ceil(round(len(values) * quantile, 9)), 1)
    return float(np.partition(values, rank - 1)[rank - 1])
