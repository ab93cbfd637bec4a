"""Quantiles at high volume: counts in fixed bins of equal ratio, added up bin by bin.

The bins never move, so merged counts are those of a single pass, in whatever order states merge. A
quantile read from them lies in the same bin as the exact one: it is off by at most the bin's width,
4.7 % of the value with fifty bins a decade.
"""

from typing import Any

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from layers.catalogue.indicator import Histogram

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def edges(histogram: Histogram) -> Floats:
    """Return the `bins` + 1 ascending edges."""
    return np.geomspace(histogram.low, histogram.high, histogram.bins + 1)


def bin_of(value: ibis.Value, histogram: Histogram) -> ibis.Value:
    """Return the 0-based bin of a value; what lies outside belongs to the first or last one."""
    a_bin = float(np.log(histogram.high / histogram.low)) / histogram.bins
    inside = value.clip(histogram.low, histogram.high)
    place = ((inside / histogram.low).ln() / a_bin).floor().cast("int64")
    return place.clip(0, histogram.bins - 1)


def count_bins(observed: ibis.Table, keys: list[str], histogram: Histogram) -> ibis.Table:
    """Return one row a key with `n`, `n_missing` and `hist`, the counts of `x` a bin."""
    binned = observed.mutate(bin=bin_of(observed.x, histogram))
    few = binned.group_by([*keys, "bin"]).aggregate(
        seen=binned.x.count(), unseen=binned.count() - binned.x.count()
    )
    columns = {
        f"bin_{at}": ibis.ifelse(few.bin == at, few.seen, 0).sum() for at in range(histogram.bins)
    }
    wide = few.group_by(keys).aggregate(n=few.seen.sum(), n_missing=few.unseen.sum(), **columns)
    counts = ibis.array([wide[name].cast("int32") for name in columns])
    return wide.mutate(hist=counts).drop(*columns)


def add_bins(states: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return one `hist` a group of the columns `by`, its counts added bin by bin."""
    flat = states.filter(pl.col("hist").is_not_null()).select(
        *by, "hist", pl.int_ranges(pl.col("hist").list.len()).alias("bin")
    )
    counts = flat.explode("hist", "bin").group_by([*by, "bin"]).agg(pl.col("hist").sum())
    return counts.sort("bin").group_by(by, maintain_order=True).agg("hist")


def as_matrix(hist: pl.Series, histogram: Histogram) -> Counts:
    """Return counts with a row a state; zeros where there is no histogram."""
    nothing = [0] * histogram.bins
    rows = [nothing if row is None else row for row in hist.to_list()]
    return np.array(rows, dtype=np.int64).reshape(-1, histogram.bins)


def read_rank(counts: Counts, rank: NDArray[np.int64], histogram: Histogram, at: float) -> Floats:
    """Return the value of each row's 1-based rank, NaN for rank 0.

    `at` says where in the bin: 0 its lower edge, 1 its upper, 0.5 the middle of the ratio.
    """
    bins: Any = (np.cumsum(counts, axis=1) < rank[:, None]).sum(axis=1)
    bounds = edges(histogram)
    inside = np.minimum(bins, histogram.bins - 1)
    value = bounds[inside] ** (1 - at) * bounds[inside + 1] ** at
    return np.where(rank > 0, value, np.nan)
