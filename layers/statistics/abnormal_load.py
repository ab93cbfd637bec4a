"""E10: judges whether the load of an hour is abnormal; the level is how many of three rules fire.

The rules are plain functions of numbers. `compute_abnormal_load` chooses the hours they use:

- seasonal: the same hour of the week in the eight weeks before, holidays and hours of an earlier
  alert left out;
- EARS C2, a method for daily series: the same hour of the days t-9 to t-3;
- EWMA over the last 24 hours, each as its distance from its own expectation in units of its own
  deviation, so that the day's ordinary rise and fall is no signal.

An hour without data is skipped, never taken for 0.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

ALPHA = 0.001
WEEKS = 8
FEWEST_WEEKS = 4  # of eight, else there is no expectation
OVERDISPERSED = 1.5  # variance over mean above which a count is no Poisson count
SPARSE = 1.0  # expected events below which an hour is judged on a larger area
C2_LIMIT = 3.0
C2_LEAST_SD = 0.5
C2_DAYS = range(3, 10)
C2_FEWEST = 5
EWMA_WEIGHT = 0.3
EWMA_WIDTH = 3.0
EWMA_HOURS = 24
HOUR = timedelta(hours=1)
SEASONAL, EARS_C2, EWMA = "seasonal", "ears_c2", "ewma"


@dataclass(frozen=True)
class HourlySeries:
    """Counts by the UTC instant at which their hour begins; an absent hour is unknown."""

    zone: str  # of the hours of the week
    counts: Mapping[datetime, int]

    def at(self, hour: datetime) -> int | None:
        """Return the count of an hour; None if unknown."""
        return self.counts.get(hour.astimezone(UTC))

    def known(self, hours: Sequence[datetime]) -> list[int]:
        """Return the known counts of those hours."""
        found = (self.at(hour) for hour in hours)
        return [count for count in found if count is not None]


@dataclass(frozen=True)
class RuleResult:
    """The result of one rule; `fired` is None where it had too few values."""

    rule: str
    fired: bool | None
    expected: float | None = None
    limit: float | None = None  # alarm above it (`seasonal`: at it)
    statistic: float | None = None
    area: int = 0  # which of the areas asked about it was judged on: 0 is the geometry itself


@dataclass(frozen=True)
class AbnormalLoad:
    """The level of an hour: 0 normal to 3; None where the hour itself is unknown."""

    at: datetime
    level: int | None
    observed: int | None = None
    expected: float | None = None
    limit: float | None = None
    results: tuple[RuleResult, ...] = field(default=())

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the names of the rules that fired."""
        return tuple(result.rule for result in self.results if result.fired)


def alarm_count(mean: float, variance: float | None = None, alpha: float = ALPHA) -> int:
    """Return the smallest count whose probability of being reached is below alpha.

    Poisson; negative binomial of the same mean and variance where the counts are overdispersed.
    """
    law = stats.poisson(mean)
    if variance is not None and variance > OVERDISPERSED * mean > 0:
        law = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    count = int(law.isf(alpha))
    while law.sf(count - 1) >= alpha:
        count += 1
    return count


def seasonal_rule(observed: int, same_hours: Sequence[int]) -> RuleResult:
    """Compare with the same hour of the week in other weeks."""
    if len(same_hours) < FEWEST_WEEKS:
        return RuleResult(SEASONAL, None)
    mean, variance = float(np.mean(same_hours)), float(np.var(same_hours, ddof=1))
    if mean < SPARSE:
        return RuleResult(SEASONAL, None, expected=mean)
    limit = alarm_count(mean, variance)
    return RuleResult(SEASONAL, observed >= limit, mean, float(limit), float(observed))


def ears_c2_rule(observed: int, base: Sequence[int]) -> RuleResult:
    """Compare with the mean and the deviation (n - 1) of the values t-9 to t-3."""
    if len(base) < C2_FEWEST:
        return RuleResult(EARS_C2, None)
    mean = float(np.mean(base))
    deviation = max(float(np.std(base, ddof=1)), C2_LEAST_SD)
    statistic = (observed - mean) / deviation
    limit = mean + C2_LIMIT * deviation
    return RuleResult(EARS_C2, statistic > C2_LIMIT, mean, limit, statistic)


def ewma_rule(values: ArrayLike, mean: float, deviation: float) -> RuleResult:
    """Return whether the weighted mean of the values, the newest last, exceeds its limit."""
    level = mean
    steps = 0
    for value in np.asarray(values, dtype=np.float64):
        level = EWMA_WEIGHT * value + (1 - EWMA_WEIGHT) * level
        steps += 1
    if not steps:
        return RuleResult(EWMA, None)
    spread = EWMA_WEIGHT / (2 - EWMA_WEIGHT) * (1 - (1 - EWMA_WEIGHT) ** (2 * steps))
    limit = mean + EWMA_WIDTH * deviation * float(np.sqrt(spread))
    return RuleResult(EWMA, bool(level > limit), mean, limit, float(level))


def compute_abnormal_load(
    series: HourlySeries,
    at: datetime,
    holidays: Collection[date],
    *,
    coarser: Sequence[HourlySeries] = (),
    alerted: Collection[datetime] = (),
) -> AbnormalLoad:
    """Judge the hour that begins at `at`.

    `coarser` are the series of the larger areas around, the nearest first: where fewer than one
    event is expected, the seasonal rule uses the first of them that expects one or more. `alerted`
    are hours of an alert, which do not represent an ordinary week.
    """
    observed = series.at(at)
    if observed is None:
        return AbnormalLoad(at, None)
    left_out = _LeftOut(series.zone, frozenset(holidays), frozenset(alerted))
    seasonal = _seasonal((series, *coarser), at, left_out)
    results = (
        seasonal,
        ears_c2_rule(observed, series.known(same_hour_of_days(at, series.zone))),
        _ewma(series, at, left_out),
    )
    level = sum(result.fired is True for result in results)
    return AbnormalLoad(at, level, observed, seasonal.expected, seasonal.limit, results)


@dataclass(frozen=True)
class _LeftOut:
    """Hours that do not represent an ordinary week."""

    zone: str
    days: frozenset[date]
    hours: frozenset[datetime]

    def __contains__(self, hour: datetime) -> bool:
        is_holiday = hour.astimezone(ZoneInfo(self.zone)).date() in self.days
        return is_holiday or hour in self.hours


def same_hour_of_weeks(at: datetime, zone: str) -> list[datetime]:
    """Return the same local hour of the week in the eight weeks before, the nearest first."""
    return [_days_before(at, 7 * weeks, zone) for weeks in range(1, WEEKS + 1)]


def same_hour_of_days(at: datetime, zone: str) -> list[datetime]:
    """Return the same local hour of the days t-3 to t-9."""
    return [_days_before(at, days, zone) for days in C2_DAYS]


def hours_needed(at: datetime, zone: str) -> set[datetime]:
    """Return every hour (UTC) that judging the hour `at` uses."""
    recent = _last_hours(at)
    weekly = (each for hour in recent for each in same_hour_of_weeks(hour, zone))
    return {each.astimezone(UTC) for each in (*recent, *weekly, *same_hour_of_days(at, zone))}


def _last_hours(at: datetime) -> list[datetime]:
    return [at - back * HOUR for back in range(EWMA_HOURS - 1, -1, -1)]


def _days_before(at: datetime, days: int, zone: str) -> datetime:
    """Return the same local time some days earlier, also across a change of the clock."""
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(days=days)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _ordinary(series: HourlySeries, at: datetime, left_out: _LeftOut) -> list[int]:
    weeks = same_hour_of_weeks(at, series.zone)
    return series.known([hour for hour in weeks if hour not in left_out])


def _seasonal(areas: Sequence[HourlySeries], at: datetime, left_out: _LeftOut) -> RuleResult:
    """Judge on the first area in which at least one event is expected."""
    first = RuleResult(SEASONAL, None)
    for number, area in enumerate(areas):
        observed = area.at(at)
        if observed is None:
            continue
        found = seasonal_rule(observed, _ordinary(area, at, left_out))
        if found.fired is not None:
            return RuleResult(**{**found.__dict__, "area": number})
        first = found if number == 0 else first
    return first


def _ewma(series: HourlySeries, at: datetime, left_out: _LeftOut) -> RuleResult:
    return ewma_rule(list(_distances(series, at, left_out)), 0.0, 1.0)


def _distances(series: HourlySeries, at: datetime, left_out: _LeftOut) -> Iterator[float]:
    """Yield (observed - expected) / deviation of the last hours that can be judged.

    The deviation is that of a Poisson count, or the larger one that the weeks show.
    """
    for hour in _last_hours(at):
        observed, weeks = series.at(hour), _ordinary(series, hour, left_out)
        if observed is None or len(weeks) < FEWEST_WEEKS:
            continue
        mean, variance = float(np.mean(weeks)), float(np.var(weeks, ddof=1))
        spread = variance if variance > OVERDISPERSED * mean else mean
        yield (observed - mean) / max(float(np.sqrt(spread)), C2_LEAST_SD)
