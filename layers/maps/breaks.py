"""The breaks between a layer's classes: METHODS 8, at least three classes, a number at each break.

A classifier gives breaks for values that differ enough. Where it does not, because a share piles
up at its bound, two values are all there are, or all are one, steps that are round and even take
its place. Every break is rounded to what the legend prints, so that the legend is true.
"""

import math
import warnings
from collections.abc import Sequence
from decimal import Decimal

import mapclassify
import numpy as np
from numpy.typing import NDArray

from layers.catalogue.indicator import Indicator

Floats = NDArray[np.float64]
FEWEST_CLASSES = 3
SHARE_UNIT = "%"
SHARE_BOUND = 100.0
SECONDS = "s"
WHOLE_FROM = 1000  # from here on numbers are printed without decimals
_MOST_FOR_FISHER = 1000  # its time grows with the square
_SPAN_QUANTILES = (0.02, 0.98)
_MOST_DECIMALS = 8
_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TOO_NEAR = 0.25  # of a step: an even step so near to the target gives way to it


def layer_breaks(values: Floats, entry: Indicator, target: float | None = None) -> list[float]:
    """Return the inner breaks of an indicator's layer, none where there is no value but zero.

    Zeros and NaN are left out first: they are classes of their own. `target` is the value that
    fixed breaks of a share include and a diverging palette turns around.
    """
    known = values[np.isfinite(values) & (values != 0)]
    if len(known) == 0:
        return []
    if entry.breaks:
        return list(entry.breaks)
    if entry.classification == "diverging" and target is not None:
        return _printed(_diverging(known, entry.classes, target), entry)
    if _piles_up(known, entry):
        breaks = _fixed(known, entry, target)
    else:
        breaks = compute_breaks(known, entry.classification, entry.classes)
    breaks = _printed(breaks, entry)
    if len(breaks) >= FEWEST_CLASSES - 1:
        return breaks
    return _few(known, entry)


def compute_breaks(
    values: Floats, method: str, classes: int, target: float | None = None
) -> list[float]:
    """Return the inner breaks that a method gives; zeros and NaN are left out first.

    Fewer breaks than asked for where the values have too few different ones.
    """
    known = values[np.isfinite(values) & (values != 0)]
    if len(known) == 0:
        return []
    if method == "diverging" and target is not None:
        return _diverging(known, classes, target)
    count = min(classes, len(np.unique(known)))
    if count < 2:
        return []
    breaks = _classified(known, method, count)
    if method == "rounded":
        breaks = np.array([float(f"{value:.2g}") for value in breaks])
    inner = np.unique(breaks)
    return [float(value) for value in inner if value < known.max()]


def break_decimals(breaks: Sequence[float], unit: str, decimals: int) -> int:
    """Return the decimals that print every break as it is, at least `decimals` of them.

    Seconds are printed as minutes and seconds, thousands without decimals.
    """
    if unit == SECONDS:
        return 0
    small = [value for value in breaks if abs(value) < WHOLE_FROM]
    needed = (-int(Decimal(repr(value)).normalize().as_tuple().exponent) for value in small)
    return min(max([decimals, *needed]), _MOST_DECIMALS)


def is_share(entry: Indicator) -> bool:
    """Return whether values lie from 0 to 100 %."""
    return entry.unit_en == SHARE_UNIT and entry.doubtful_above is None


def _classified(known: Floats, method: str, classes: int) -> Floats:
    """Return the upper bounds of all classes but the last."""
    with warnings.catch_warnings():
        # ties give fewer classes, as wanted; it is fast enough without Numba
        warnings.filterwarnings("ignore", category=UserWarning)
        match method:
            case "fisher":
                bins = mapclassify.FisherJenks(_thinned(known), k=classes).bins
            case "equal":
                bins = mapclassify.EqualInterval(known, k=classes).bins
            case _:
                bins = mapclassify.Quantiles(known, k=classes).bins
    upper: Floats = np.asarray(bins, dtype=np.float64)[:-1]
    return upper


def _thinned(known: Floats) -> Floats:
    """Return at most a thousand values of the same distribution, the extremes among them."""
    if len(known) <= _MOST_FOR_FISHER:
        return known
    even = np.linspace(0, 1, _MOST_FOR_FISHER)
    thinned: Floats = np.quantile(known, even, method="inverted_cdf")
    return thinned


def _diverging(known: Floats, classes: int, target: float) -> list[float]:
    """Return breaks around the target, equally far on both sides; the target is one of them."""
    half = max(classes // 2, 2)
    low, high = np.quantile(known, _SPAN_QUANTILES)
    span = max(abs(low - target), abs(high - target)) or abs(target) or 1.0
    return [float(target + span * step / half) for step in range(1 - half, half)]


def _piles_up(known: Floats, entry: Indicator) -> bool:
    """Return whether a class would be nothing but the bound of a share: its quantiles coincide."""
    at_bound = np.isclose(known, SHARE_BOUND, atol=1e-6)
    return is_share(entry) and bool(at_bound.mean() > 1 / entry.classes)


def _fixed(known: Floats, entry: Indicator, target: float | None) -> list[float]:
    """Return round, even steps below the bound of a share, and the target among them."""
    low = max(float(np.quantile(known, _SPAN_QUANTILES[0])), 0.0)
    if target is not None and 0 < target < SHARE_BOUND:
        low = min(low, target)
    step = _round_up((SHARE_BOUND - low or SHARE_BOUND) / max(entry.classes - 1, 2))
    count = math.ceil((SHARE_BOUND - low) / step - 1e-9)
    even = [SHARE_BOUND - step * number for number in range(1, max(count, FEWEST_CLASSES))]
    if target is None or not 0 < target < SHARE_BOUND:
        return even
    return [target, *(value for value in even if abs(value - target) > _TOO_NEAR * step)]


def _few(known: Floats, entry: Indicator) -> list[float]:
    """Return two breaks for values of which there are too few different ones for a classifier.

    They lie evenly between the lowest and the highest; of one value, around it. Between whole
    numbers next to each other they are these.
    """
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = sorted((low / 2, low * 1.5))
        if is_share(entry) and high > SHARE_BOUND:
            low, high = 2 * low - SHARE_BOUND, SHARE_BOUND
    step = (high - low) / FEWEST_CLASSES
    is_coarse = entry.unit_en == SECONDS or high >= WHOLE_FROM
    if step < 1 and (is_coarse or (entry.decimals == 0 and high - low >= 1)):
        first = float(math.floor(low)) if low < 0 else max(1.0, float(math.floor(low)))
        return [first, first + 1]
    return _printed([low + step, low + 2 * step], entry)


def _printed(breaks: Sequence[float], entry: Indicator) -> list[float]:
    """Return the breaks rounded as the legend prints them, ascending.

    With more decimals than the indicator's own where two would coincide or one would be zero;
    seconds have none.
    """
    own = 0 if entry.unit_en == SECONDS else entry.decimals
    most = own if entry.unit_en == SECONDS else _MOST_DECIMALS
    exact = {float(value) for value in breaks}
    rounded: set[float] = set()
    for places in range(own, most + 1):
        rounded = {_rounded(value, places) for value in exact}
        if len(rounded) == len(exact) and (0.0 not in rounded or 0.0 in exact):
            break
    return sorted(value for value in rounded if value or 0.0 in exact)


def _rounded(value: float, places: int) -> float:
    return round(value, 0 if abs(value) >= WHOLE_FROM else places)


def _round_up(step: float) -> float:
    """Return the next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * each for each in _ROUND_STEPS if power * each >= step * (1 - 1e-9))
