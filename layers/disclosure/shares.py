"""Shares for the public: published only of enough people, rounded so that the parts do not follow.

A share of `base` is rounded to a step that depends on the base alone: the finest of `STEPS` with
step x base >= k/2. The base is not published beside it. So a reader knows the step, and with it the
class that the base lies in; a number that it does not exceed, where a count of the same records is
published (`Beside`); and that numerator and remainder are each 0 or at least k. All pairs agreeing
with that are tried (`possible_parts`): a share is published only where the numerators, the bases
and the remainders among them each span at least k. 0 % and 100 % are published, as zeros are; no
other share is rounded to them.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

STEPS = (1, 2, 5, 10, 20, 50, 100, 200)  # in thousandths, finest first
THOUSAND = 1000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Beside:
    """What else is published of the base of a share: a count that includes it, or itself."""

    at_most: float | None = None
    is_base: bool = False


NOTHING = Beside()


def public_share(
    num: float | None, den: float | None, k: int, beside: Beside = NOTHING
) -> float | None:
    """Return the share to publish, as a number from 0 to 1 (a ratio may exceed it); else None.

    Where the base itself is published its numerators alone must span k: the step is coarser.
    """
    if num is None or den is None or not den > 0:
        return None
    if not all(allowed(part, k) for part in (num, den, den - num)):
        return None
    if num in (0, den):
        return num / den
    step = step_of(den, 2 * (k + 1) if beside.is_base else k)
    rounded = round_to(num, den, step)
    if rounded in (0, THOUSAND // step):
        return None
    bases = _bases_beside(den, step, k, beside)
    return rounded * step / THOUSAND if is_ambiguous(rounded, step, k, bases) else None


def allowed(count: float, k: int) -> bool:
    """Return whether a count may be told: none, or at least k; a difference has no sign."""
    return count == 0 or abs(count) >= k


def step_of(base: float, k: int) -> int:
    """Return the step, in thousandths, that shares of a base are rounded to."""
    return next((step for step in STEPS if 2 * step * base >= k * THOUSAND), STEPS[-1])


def is_coarsest(base: float, k: int) -> bool:
    """Return whether shares of a base are rounded to the coarsest step: of few."""
    return step_of(base, k) == STEPS[-1]


def round_to(num: float, den: float, step: int) -> int:
    """Return the share in whole steps, half a step up."""
    return int((2 * THOUSAND * num + step * den) // (2 * step * den))


@cache
def is_ambiguous(rounded: int, step: int, k: int, bases: range) -> bool:
    """Return whether numerator, remainder and base each span at least k in what a reader sees."""
    nums, tried = possible_parts(rounded, step, k, bases)
    if len(tried) == 0:
        return False
    unknown = (nums, tried - nums, *((tried,) if len(bases) > 1 else ()))
    return all(np.ptp(parts) >= k for parts in unknown)


def possible_parts(rounded: int, step: int, k: int, bases: range) -> tuple[Ints, Ints]:
    """Return numerators and bases, pair by pair, that a published share agrees with."""
    nums, tried = [], []
    for base in bases:
        least = max(ceil((2 * rounded - 1) * step * base / (2 * THOUSAND)), 0)
        most = ceil((2 * rounded + 1) * step * base / (2 * THOUSAND)) - 1
        found = [num for num in range(least, most + 1) if _is_candidate(num, base, k)]
        nums += found
        tried += [base] * len(found)
    return np.array(nums, dtype=np.int64), np.array(tried, dtype=np.int64)


def bases_of(step: int, k: int) -> range:
    """Return the whole bases of at least k whose shares are rounded to a step.

    Of the finest step, which every larger base has, as many as of a class: more would only widen
    the spans.
    """
    starts = {each: ceil(k * THOUSAND / (2 * each)) for each in STEPS}
    starts[STEPS[-1]] = min(k, starts[STEPS[-1]])
    ends = {coarse: starts[fine] for fine, coarse in pairwise(STEPS)}
    first = max(starts[step], k)
    return range(first, ends.get(step, 2 * first))


def _bases_beside(den: float, step: int, k: int, beside: Beside) -> range:
    """Return the bases that a reader takes for possible."""
    if beside.is_base:
        return range(round(den), round(den) + 1)
    bases = bases_of(step, k)
    if beside.at_most is None or beside.at_most >= bases.stop - 1:
        return bases
    if step == STEPS[0] and beside.at_most >= den:
        return bases  # of a large base: the count beside it is as large
    return range(bases.start, int(beside.at_most) + 1)


def _is_candidate(num: int, base: int, k: int) -> bool:
    return all(allowed(part, k) for part in (num, base - num)) and num not in (0, base)
