"""A headline: an indicator's value in its latest period, its change, history and rating."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from dashboard.read.context import ScreenContext
from dashboard.read.values import (
    Value,
    read_build_or_none,
    read_cached_values,
    read_days,
    read_latest,
    read_one,
    read_period_coverage,
    target_of,
)
from dashboard.scenes.model import Headline
from dashboard.wording.numbers import is_shown, judged_value
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import load_catalogue, resolve_component
from layers.catalogue.targets import Target
from layers.period import Period
from layers.score.attainment import Rating, rate_value
from layers.states.version import Build
from layers.values.change import Change, compute_change, plan_comparison
from layers.values.covered_days import PeriodCoverage


@dataclass(frozen=True)
class HeadlineValue:
    """A headline's numbers for the city or one district."""

    indicator: Indicator
    component: str
    build: Build
    period: Period
    value: Value
    change: Change
    coverage: PeriodCoverage
    target: Target | None

    @property
    def rating(self) -> Rating:
        """Return how the value stands against the target."""
        return rate_value(judged_value(self.value.value, self.value.status), self.target)

    @property
    def change_rating(self) -> Rating:
        """Return whether the change is an improvement, by the indicator's direction."""
        sign = self.change.sign
        if not sign or self.indicator.direction == "none":
            return Rating.NONE
        better = (sign > 0) == (self.indicator.direction == "up")
        return Rating.GOOD if better else Rating.BAD


@dataclass(frozen=True)
class ResolvedHeadline:
    """A headline resolved against the catalogue and the loaded states."""

    indicator: Indicator
    component: str
    build: Build
    period: Period
    target: Target | None

    @property
    def layer(self) -> tuple[str, str, str]:
        """Return what the addresses of its layer begin with: indicator, component, version."""
        return self.indicator.key, self.component, self.build.version


def resolve(context: ScreenContext, headline: Headline) -> ResolvedHeadline | None:
    """Return a headline with its current period, None where nothing of it is loaded."""
    indicator = load_catalogue(context.city).get(headline.indicator)
    build = read_build_or_none(context, indicator) if indicator else None
    if indicator is None or build is None:
        return None
    component = resolve_component(indicator, headline.component)
    latest = read_latest(context, build, component, headline.days)
    if latest is None:
        return None
    target = target_of(context, indicator, component, latest.end - timedelta(days=1))
    return ResolvedHeadline(indicator, component, build, latest, target)


def read_headline(
    context: ScreenContext, headline: Headline, district_id: str | None = None
) -> HeadlineValue | None:
    """Return a headline's numbers, None where nothing of it is loaded."""
    subject = resolve(context, headline)
    if subject is None:
        return None
    asked = (subject.build, subject.period, subject.component)
    return HeadlineValue(
        subject.indicator,
        subject.component,
        subject.build,
        subject.period,
        read_one(context, *asked, district_id=district_id),
        read_change(context, subject, district_id),
        read_period_coverage(context, *asked, district_id=district_id),
        subject.target,
    )


def read_change(
    context: ScreenContext, subject: ResolvedHeadline, district_id: str | None = None
) -> Change:
    """Return the change since the period before, as every screen shows it."""
    build, component = subject.build, subject.component
    days = read_days(context, build, component, district_id=district_id)
    comparison = plan_comparison(subject.indicator, component, days, subject.period)
    if comparison.why:
        return Change(comparison, why=comparison.why)
    now, then = (
        read_one(context, build, span, component, district_id=district_id)
        for span in (comparison.now, comparison.then)
    )
    return compute_change(comparison, now, then)


def read_steps(
    context: ScreenContext,
    shown: HeadlineValue | ResolvedHeadline,
    steps: int,
    district_id: str | None = None,
    cell: int | None = None,
) -> pl.DataFrame:
    """Return the values of the last steps up to the headline's period, oldest first."""
    grain = shown.indicator.grain_of(shown.component)
    first = last = Period.containing(shown.period.end - timedelta(days=1), grain)
    for _ in range(steps - 1):
        first = first.previous
    span = Period(first.first, last.end)
    return read_cached_values(
        context, shown.build, span, "period", shown.component, district_id=district_id, cell=cell
    )


def shown_values(frame: pl.DataFrame) -> tuple[float | None, ...]:
    """Return the values that may be drawn, the others as None."""
    return tuple(
        value if is_shown(value, status) else None
        for value, status in frame.select("value", "status").iter_rows()
    )
