"""E11: classifies the history of hot and cold spots over at least ten steps, by first match."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pymannkendall
from numpy.typing import NDArray

from layers.statistics.gi_star import HotSpots

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_STEPS = 10
MOSTLY = 0.9
TREND_P = 0.05


class Category(StrEnum):
    """The history of one cell; each has a hot and a cold form."""

    NEW = "new"
    CONSECUTIVE = "consecutive"
    INTENSIFYING = "intensifying"
    DIMINISHING = "diminishing"
    PERSISTENT = "persistent"
    OSCILLATING = "oscillating"
    HISTORICAL = "historical"
    SPORADIC = "sporadic"
    NONE = "none"


def trend_of(z: Floats) -> int:
    """Return 1 where z rises, -1 where it falls, 0 without a trend (Mann-Kendall, p < .05)."""
    found = pymannkendall.original_test(z, alpha=TREND_P)
    return {"increasing": 1, "decreasing": -1}.get(found.trend, 0)


def categorise(z: Floats, hot: Mask, cold: Mask) -> tuple[int, Category]:
    """Return sign (1 hot, -1 cold, 0) and category of one cell's known steps, oldest first."""
    if len(z) < FEWEST_STEPS:
        return 0, Category.NONE
    for sign, inside, outside in ((1, hot, cold), (-1, cold, hot)):
        found = _of_one_sign(sign * z, inside, outside)
        if found is not Category.NONE:
            return sign, found
    return 0, Category.NONE


def _of_one_sign(z: Floats, hot: Mask, cold: Mask) -> Category:
    if not hot.any():
        return Category.NONE
    is_last, is_mostly = bool(hot[-1]), hot.mean() >= MOSTLY
    if is_last and hot.sum() == 1:
        return Category.NEW
    if is_last and not is_mostly and hot.sum() == _final_run(hot):
        return Category.CONSECUTIVE
    if is_mostly:
        return _of_mostly(z, is_last=is_last)
    if is_last and cold.any():
        return Category.OSCILLATING
    return Category.NONE if cold.any() else Category.SPORADIC


def _of_mostly(z: Floats, *, is_last: bool) -> Category:
    """Return the category of a cell that was hot in at least nine of ten steps."""
    trend = trend_of(z)
    if trend == 0:
        return Category.PERSISTENT
    if not is_last:
        return Category.HISTORICAL
    return Category.INTENSIFYING if trend > 0 else Category.DIMINISHING


def _final_run(hot: Mask) -> int:
    """Return how many of the last steps were hot without a break."""
    breaks = np.flatnonzero(~hot)
    return len(hot) if len(breaks) == 0 else len(hot) - 1 - int(breaks[-1])


def categorise_cells(steps: Sequence[HotSpots]) -> list[tuple[int, Category]]:
    """Return sign and category of every cell from the hot spots of each step, oldest first.

    Steps in which a cell is unknown are left out of its history.
    """
    z, hot, cold = (
        np.stack([getattr(step, name) for step in steps]) for name in ("z", "is_hot", "is_cold")
    )
    found = [(0, Category.NONE)] * z.shape[1]
    for cell in np.flatnonzero((hot | cold).any(axis=0)):
        known = np.isfinite(z[:, cell])
        found[cell] = categorise(z[known, cell], hot[known, cell], cold[known, cell])
    return found
