"""The change since the period before, of equal things only: METHODS 10, partial periods.

Counts and sums are compared a covered day, rates and shares over the same part of both periods, a
stock between two of its counts. Where less than half of either period is covered there is none.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from layers.catalogue.indicator import HOURS, Indicator, StateClass
from layers.period import Grain, Period
from layers.states.status import Status
from layers.values.covered_days import CoveredDays, PeriodCoverage


class Reading(Protocol):
    """A value with its status."""

    @property
    def value(self) -> float | None:
        """Return the number."""
        ...

    @property
    def status(self) -> int:
        """Return how far it can be relied on."""
        ...


class NoChange(StrEnum):
    """Why two periods are not compared."""

    LITTLE_COVERED = "little_covered"  # less than half of either, or of what they share
    MISSING = "missing"  # one of the two has no value
    FEW = "few"  # one of the two rests on too few observations
    ONE_COUNT = "one_count"  # a stock was counted once
    NOT_SPLIT = "not_split"  # a rate kept by longer steps than the covered part


@dataclass(frozen=True)
class Comparison:
    """The spans to compare and how many covered days each has; `why` says why there are none."""

    now: Period
    then: Period
    now_days: int = 1
    then_days: int = 1
    why: NoChange | None = None

    @property
    def is_per_day(self) -> bool:
        """Return whether the two are compared a covered day."""
        return self.now_days != self.then_days


@dataclass(frozen=True)
class Change:
    """What changed: an `amount` in the unit, or a `share` of what it was a covered day before.

    Both are None where there is no change to speak of, `why` says the reason.
    """

    comparison: Comparison
    amount: float | None = None
    share: float | None = None
    why: NoChange | None = None

    @property
    def sign(self) -> int:
        """Return 1 for more, -1 for less, 0 for the same or for no change."""
        size = self.share if self.share is not None else self.amount
        return 0 if not size else (1 if size > 0 else -1)


def is_count(indicator: Indicator) -> bool:
    """Return whether a value grows with the days: a count, a sum, or a count over a stock."""
    if indicator.stock:
        return False
    if indicator.state_class is StateClass.RATIO:
        return indicator.denominator not in (None, HOURS)
    return indicator.state_class is StateClass.ADDITIVE and indicator.denominator != HOURS


def plan_comparison(
    indicator: Indicator, component: str, days: CoveredDays, period: Period
) -> Comparison:
    """Return what of a period and of the one before it may be compared."""
    before = period.previous
    plain = Comparison(period, before)
    if days.is_stock:
        newest = days.count_before(period.end)
        counted_again = newest is not None and newest != days.count_before(before.end)
        return plain if counted_again else Comparison(period, before, why=NoChange.ONE_COUNT)
    now, then = days.of(period, before), days.of(before, period)
    if not (now.is_mostly_covered and then.is_mostly_covered):
        return Comparison(period, before, now.days, then.days, NoChange.LITTLE_COVERED)
    if not now.is_partial and not then.is_partial:
        counted = is_count(indicator)
        return Comparison(period, before, *((now.days, then.days) if counted else (1, 1)))
    splits = indicator.grain_of(component) is Grain.DAY
    if is_count(indicator):
        spans = (now.hull, then.hull) if splits else (period, before)
        return Comparison(spans[0] or period, spans[1] or before, now.days, then.days)
    if not splits:
        return Comparison(period, before, now.days, then.days, NoChange.NOT_SPLIT)
    return _same_part(now, then)


def _same_part(now: PeriodCoverage, then: PeriodCoverage) -> Comparison:
    """Return the part that both periods cover, counted from their first days."""
    one, other = now.hull or now.period, then.hull or then.period
    first = max((one.first - now.period.first).days, (other.first - then.period.first).days)
    ends = [(hull.end - c.period.first).days for hull, c in ((one, now), (other, then))]
    to_their_ends = one.end == now.period.end and other.end == then.period.end
    last = ends if to_their_ends else [min(ends)] * 2  # one month may be longer than the other
    longer = max(now.period.days, then.period.days)
    if 2 * (min(last) - first) < longer:
        return Comparison(now.period, then.period, now.days, then.days, NoChange.LITTLE_COVERED)
    spans = [
        Period(c.period.first + timedelta(first), c.period.first + timedelta(until))
        for c, until in zip((now, then), last, strict=True)
    ]
    return Comparison(spans[0], spans[1])


def compute_change(comparison: Comparison, now: Reading, then: Reading) -> Change:
    """Return the change between the values of the two spans."""
    if comparison.why:
        return Change(comparison, why=comparison.why)
    if not (_is_known(now) and _is_known(then)) or now.value is None or then.value is None:
        return Change(comparison, why=NoChange.MISSING)
    if Status.LOW_N in (now.status, then.status):
        return Change(comparison, why=NoChange.FEW)
    if not comparison.is_per_day:
        return Change(comparison, amount=now.value - then.value)
    rates = now.value / comparison.now_days, then.value / comparison.then_days
    if rates[1] == 0:
        return Change(comparison, amount=rates[0])
    return Change(comparison, share=rates[0] / rates[1] - 1)


def _is_known(reading: Reading) -> bool:
    return reading.value is not None and Status(reading.status).has_value
