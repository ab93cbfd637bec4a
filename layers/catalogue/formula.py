"""Named formulas of merged states, for values that no state class gives.

A catalogue entry names one with `value:`. It is computed from the states merged for the geometry
and period asked for, so it is right for any of them; the values themselves are never added up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How `daily_span` marks the day in its values, day number * 1,000,000 + second: whole numbers, so
# that the difference of two of them is exact.
SECONDS_A_DAY = 1e6


@dataclass(frozen=True)
class Formula:
    """A formula: the columns of the merged states that it needs, and the function of them."""

    needs: tuple[str, ...]  # columns of `layers.states.state`
    compute: Callable[[pl.DataFrame], pl.Series]


def _excess_wait(merged: pl.DataFrame) -> pl.Series:
    """Sum H2 / (2 sum H) - sum h2 / (2 sum h): `num`, `den` of what ran, `sum_wx`, `sum_w` planned.

    In minutes for gaps in minutes.
    """
    actual = _over("num", 2 * pl.col("den"))
    planned = _over("sum_wx", 2 * pl.col("sum_w"))
    return merged.select(value=actual - planned)["value"]


def _relative_deviation(merged: pl.DataFrame) -> pl.Series:
    """Sample deviation of `n` differences (`sum_x`, `sum_x2`) over the mean of `sum_w`."""
    n = pl.col("n")
    variance = (pl.col("sum_x2") - pl.col("sum_x") ** 2 / n) / (n - 1)
    deviation = pl.when(n > 1).then(variance.clip(lower_bound=0.0).sqrt())
    return merged.select(value=deviation / _over("sum_w", n))["value"]


def _daily_span(merged: pl.DataFrame) -> pl.Series:
    """Mean over the days of the hours from first to last; `vals` holds day * 1,000,000 + second."""
    seconds = merged.select(pl.int_range(pl.len()).alias("row"), "vals").explode(
        "vals", empty_as_null=False, keep_nulls=False
    )
    day = (pl.col("vals") // SECONDS_A_DAY).alias("day")
    spans = seconds.group_by("row", day).agg(
        ((pl.col("vals").max() - pl.col("vals").min()) / 3600).alias("span")
    )
    means = spans.sort("row", "day").group_by("row", maintain_order=True).agg(pl.mean("span"))
    rows = pl.DataFrame({"row": range(merged.height)}, schema={"row": pl.Int64})
    return rows.join(means, on="row", how="left", maintain_order="left")["span"]


def _middle(merged: pl.DataFrame) -> pl.Series:
    """Middle of `vals`; of an even number the mean of the two in the middle (percentile_cont)."""
    return merged.select(value=pl.col("vals").list.median())["value"]


_DTP = (0.0, 0.3, 0.5, 0.6, 0.7, 1.0)  # delay time proportion: edges of the bands
_TPI = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)


def _traffic_index(merged: pl.DataFrame) -> pl.Series:
    """Delay over travel time (`num`, `den`), interpolated within its band to the index 0-10."""
    share = merged.select(value=_over("num", pl.col("den")))["value"].fill_null(float("nan"))
    return pl.Series(np.interp(share.to_numpy(), _DTP, _TPI)).fill_nan(None)


def _over(above: str, below: pl.Expr) -> pl.Expr:
    return pl.when(below > 0).then(pl.col(above) / below)


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "excess_wait": Formula(("num", "den", "sum_w", "sum_wx"), _excess_wait),
        "relative_deviation": Formula(("sum_w", "sum_x", "sum_x2"), _relative_deviation),
        "traffic_index": Formula(("num", "den"), _traffic_index),
        "middle": Formula(("vals",), _middle),
        "daily_span": Formula(("vals",), _daily_span),
    }
)


def apply_formula(name: str, merged: pl.DataFrame) -> Floats:
    """Return the values of merged states by a named formula, NaN where undefined."""
    found = FORMULAS[name].compute(merged)
    return found.cast(pl.Float64).fill_null(float("nan")).to_numpy()
