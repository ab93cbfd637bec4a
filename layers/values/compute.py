"""Computes values from merged states: number, confidence interval and status, by state class."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from layers.catalogue.formula import apply_formula
from layers.catalogue.indicator import Indicator, LowNumber, StateClass
from layers.states.histogram import as_matrix, read_rank
from layers.states.status import Status
from layers.values import confidence
from layers.values.quantile import rank_of

Floats = NDArray[np.float64]
VALUE_SCHEMA = {
    "value": pl.Float64,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
    "n_missing": pl.Int64,
    "num": pl.Float64,
    "den": pl.Float64,
    "status": pl.Int8,
}


def compute_values(merged: pl.DataFrame, indicator: Indicator) -> pl.DataFrame:
    """Add value, lo, hi and status to merged states and drop the columns they are computed from.

    Needs `key`, `n`, `n_missing`, `num`, `den`, `sum_w`, `sum_wx`, `sum_x`, `sum_x2`,
    `is_estimated`, `is_stale` and, by class, `vals` (ascending lists) or `ids_n` and `hours` (of
    the window over the period). Where the denominator is another indicator, `den` holds its value.
    A row with `n` null has neither states nor coverage.
    """
    value, lo, hi = _numbers(merged, indicator)
    above, below = _parts(merged, indicator)
    status = _statuses(merged, indicator, value)
    hidden = np.isin(status, [s for s in Status if not s.has_value])
    computed = merged.with_columns(
        value=_nullable(np.where(hidden, np.nan, value)),
        lo=_nullable(np.where(hidden, np.nan, lo)),
        hi=_nullable(np.where(hidden, np.nan, hi)),
        num=_nullable(above),
        den=_nullable(below),
        n=pl.col("n").fill_null(0),
        n_missing=pl.col("n_missing").fill_null(0),
        status=pl.Series(status, dtype=pl.Int8),
    )
    return computed.select("key", *(pl.col(n).cast(t) for n, t in VALUE_SCHEMA.items()))


def _numbers(merged: pl.DataFrame, indicator: Indicator) -> tuple[Floats, Floats, Floats]:
    """Return value, lo and hi in the indicator's unit, NaN where undefined."""
    if indicator.state_class is StateClass.QUANTILE:
        numbers = _quantiles(merged, indicator)
    else:
        above, below = _parts(merged, indicator)
        if indicator.state_class is StateClass.DISTINCT:
            below = _floats(merged, "hours")
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(below > 0, above / below, np.nan)
        numbers = (value, *_bounds(merged, indicator, above, below))
    value, lo, hi = numbers
    if indicator.value:
        value = apply_formula(indicator.value, merged)
    return indicator.scale * value, indicator.scale * lo, indicator.scale * hi


def _parts(merged: pl.DataFrame, indicator: Indicator) -> tuple[Floats, Floats]:
    """Return numerator and denominator; the denominator is 1 where there is none."""
    match indicator.state_class:
        case StateClass.WEIGHTED:
            return _floats(merged, "sum_wx"), _floats(merged, "sum_w")
        case StateClass.RATIO:
            return _floats(merged, "num"), _floats(merged, "den")
        case StateClass.DISTINCT:
            return _floats(merged, "ids_n"), np.ones(len(merged))
        case StateClass.QUANTILE:
            return _floats(merged, "n"), np.ones(len(merged))
        case _:
            return _floats(merged, "num"), np.ones(len(merged))


def _bounds(
    merged: pl.DataFrame, indicator: Indicator, above: Floats, below: Floats
) -> tuple[Floats, Floats]:
    match indicator.interval:
        case "wilson":
            return confidence.wilson(above, below)
        case "poisson":
            lo, hi = confidence.poisson(above)
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(below > 0, lo / below, np.nan), np.where(
                    below > 0, hi / below, np.nan
                )
        case "mean":
            raw = (_floats(merged, name) for name in ("n", "sum_x", "sum_x2"))
            return confidence.mean(*raw)
        case _:
            return np.full(len(above), np.nan), np.full(len(above), np.nan)


def _quantiles(merged: pl.DataFrame, indicator: Indicator) -> tuple[Floats, Floats, Floats]:
    """Return the value of rank ceil(p*n) and those of the order-statistic ranks around it."""
    quantile = indicator.quantile or 0.5
    counts = as_matrix(merged["hist"], indicator.histogram) if indicator.histogram else None
    if counts is None:
        n = merged["vals"].list.len().fill_null(0).to_numpy().astype(np.int64)
    else:
        n = counts.sum(axis=1)
    sizes, where = np.unique(n, return_inverse=True)
    bounds = np.array(
        [confidence.rank_bounds(int(size), quantile) for size in sizes], dtype=np.int64
    )
    bounds = bounds.reshape(-1, 2)[where]
    ranks = (rank_of(quantile, n), bounds[:, 0], bounds[:, 1])
    chosen = [np.where(n > 0, rank, 0) for rank in ranks]
    if counts is not None and indicator.histogram is not None:
        where_in_bin = (0.5, 0.0, 1.0)  # the interval includes the whole bin of each bound
        value, lo, hi = (
            read_rank(counts, rank, indicator.histogram, at)
            for rank, at in zip(chosen, where_in_bin, strict=True)
        )
    else:
        value, lo, hi = (_at_rank(merged, rank) for rank in chosen)
    return value, lo, hi


def _at_rank(merged: pl.DataFrame, rank: NDArray[np.int64]) -> Floats:
    """Return each list's value at a 1-based rank, NaN for rank 0."""
    picked = merged.select("vals", at=pl.Series(rank)).select(
        pl.when(pl.col("at") > 0).then(pl.col("vals").list.get(pl.col("at") - 1, null_on_oob=True))
    )
    return _as_floats(picked.to_series())


def _statuses(merged: pl.DataFrame, indicator: Indicator, value: Floats) -> NDArray[np.int8]:
    """Return the status of each row; a later rule overrides an earlier one."""
    above, below = _parts(merged, indicator)
    status = np.full(len(merged), Status.OK, dtype=np.int8)
    status[value == 0] = Status.ZERO_TRUE
    status[_flags(merged, "is_estimated")] = Status.ESTIMATED
    status[_is_low(merged, indicator, above)] = Status.LOW_N
    status[_flags(merged, "is_stale")] = Status.STALE
    nothing = np.isnan(value)
    status[nothing] = Status.NO_DATA
    if indicator.state_class is StateClass.RATIO:
        unknown = np.isnan(below) if indicator.denominator else np.zeros(len(below), dtype=bool)
        status[unknown | (below <= 0) | (below < indicator.denominator_floor)] = (
            Status.NA_DENOMINATOR
        )
    status[merged["n"].is_null().to_numpy()] = Status.NO_DATA
    return status


def low_number(indicator: Indicator) -> LowNumber | None:
    """Return the entry's rule, or the default of its class."""
    if indicator.low_n:
        return indicator.low_n
    match indicator.state_class:
        case StateClass.QUANTILE:
            return LowNumber(quantity="n", below=10 if indicator.quantile == 0.5 else 36)
        case StateClass.WEIGHTED:
            return LowNumber(quantity="sum_w", below=10)
        case StateClass.RATIO if indicator.denominator is None:
            return LowNumber(quantity="den", below=20)
        case StateClass.RATIO if not indicator.stock:
            return LowNumber(quantity="num", below=5)
        case _:
            return None


def _is_low(merged: pl.DataFrame, indicator: Indicator, above: Floats) -> NDArray[np.bool_]:
    rule = low_number(indicator)
    if rule is None:
        return np.zeros(len(merged), dtype=bool)
    low = _floats(merged, rule.quantity) < rule.below
    if indicator.interval == "poisson":
        low &= above != 0  # a true zero is its own status, with its upper bound
    if rule.missing_share_above is not None:
        n, missing = _floats(merged, "n"), _floats(merged, "n_missing")
        low |= missing > rule.missing_share_above * (n + missing)
    return np.asarray(low)


def _floats(frame: pl.DataFrame, name: str) -> Floats:
    return _as_floats(frame[name]) if name in frame.columns else np.full(len(frame), np.nan)


def _flags(frame: pl.DataFrame, name: str) -> NDArray[np.bool_]:
    column = frame[name].fill_null(value=False)
    return column.cast(pl.Boolean).to_numpy()


def _as_floats(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _nullable(values: Floats) -> pl.Series:
    return pl.Series(values).fill_nan(None)
