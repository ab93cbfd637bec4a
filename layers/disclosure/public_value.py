"""Which number of one place may be published, before any other place is looked at."""

from typing import Protocol

import numpy as np

from layers.catalogue.indicator import Indicator, StateClass
from layers.disclosure.rules import is_share, smallest_count
from layers.disclosure.shares import NOTHING, Beside, allowed, public_share
from layers.values.quantile import rank_of


class CountedValue(Protocol):
    """A value with the counts it is computed from."""

    @property
    def value(self) -> float | None:
        """Return the value."""

    @property
    def num(self) -> float | None:
        """Return the numerator."""

    @property
    def den(self) -> float | None:
        """Return the denominator."""

    @property
    def n(self) -> int | None:
        """Return the number of observations."""


def public_value(
    reading: CountedValue, indicator: Indicator, beside: Beside = NOTHING
) -> float | None:
    """Return the value as it may be published; None where there is none, or it is of too few.

    Never with its interval or its n: bounds of a count or a share give the parts back.
    """
    k = smallest_count(indicator)
    value = reading.value
    if value is None or k is None:
        return value
    if is_share(indicator):
        found = public_share(reading.num, reading.den, k, beside)
        return None if found is None else found * indicator.scale
    return value if _is_of_enough(reading, indicator, k) else None


def is_of_many(n: int, quantile: float, k: int) -> bool:
    """Return whether a quantile of n values may be published: n >= 2k and k < rank <= n - k.

    Its rank is ceil(quantile x n): at least k values lie below it and k above, so that a P90 needs
    n - ceil(0.9 n) >= k, which is n >= 10k. Of an even n the middle is the mean of two values, and
    both must lie so.
    """
    if n < 2 * k:
        return False
    ranks = {int(rank_of(quantile, np.array([n]))[0])}
    if quantile == 0.5 and n % 2 == 0:
        ranks.add(n // 2 + 1)
    return all(k < rank <= n - k for rank in ranks)


def _is_of_enough(reading: CountedValue, indicator: Indicator, k: int) -> bool:
    """Return whether a count, a rate, a quantile or a mean is of enough people.

    A mean times its n is the sum: n must be at least k, and is not published.
    """
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.STOCK:
            return allowed(reading.value or 0.0, k)
        case StateClass.RATIO:
            return allowed(reading.num or 0.0, k)  # its denominator, residents or area, is public
        case StateClass.QUANTILE:
            return is_of_many(reading.n or 0, indicator.quantile or 0.5, k)
        case _:
            return allowed(reading.n or 0, k)
