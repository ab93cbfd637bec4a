"""The view of the explore page: its address resolved against the loaded data."""

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.pages.explore.state import ExploreState
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline
from dashboard.read.values import read_build_or_none, read_periods, target_of
from dashboard.wording.periods import begun
from geodata.clock import now
from geodata.errors import OperationsError
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue, resolve_component
from layers.period import Period


@dataclass(frozen=True)
class View:
    """The indicator of the address with its periods; `subject` is None while nothing is loaded."""

    state: ExploreState
    indicator: Indicator
    component: str
    periods: list[Period]
    subject: ResolvedHeadline | None


def known_indicator(key: str) -> Indicator:
    """Return the indicator of the address, or the catalogue's first."""
    try:
        return find_indicator(key)
    except OperationsError:
        return next(iter(load_catalogue().values()))


def known_component(indicator: Indicator, component: str) -> str:
    """Return the component of the address, or the indicator's own default."""
    try:
        return resolve_component(indicator, component)
    except OperationsError:
        return resolve_component(indicator, "default")


def chosen_period(periods: list[Period], text: str | None, today: date) -> Period:
    """Return the period of the address where it has states, else the newest that has begun."""
    asked = next((period for period in periods if str(period) == text), None)
    return asked or (begun(periods, today) or periods)[-1]


def read_view(context: ScreenContext, state: ExploreState) -> View:
    """Return the view of an address."""
    indicator = known_indicator(state.indicator)
    component = known_component(indicator, state.component)
    build = read_build_or_none(context, indicator)
    periods = read_periods(context, build, component) if build else []
    if not build or not periods:
        return View(state, indicator, component, [], None)
    period = chosen_period(periods, state.period, now().astimezone(context.city.zone).date())
    target = target_of(indicator, component, period.end - timedelta(days=1))
    subject = ResolvedHeadline(indicator, component, build, period, target)
    return View(state, indicator, component, periods, subject)
