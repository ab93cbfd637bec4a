"""Disclosure control on the kiosk: small numbers are withheld before they reach a component.

The kiosk publishes one geography, the districts and their total, over periods that never overlap.
Which districts are withheld is decided by `layers.disclosure` and kept for the period.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from dashboard.read.context import ScreenContext
from dashboard.read.forms import JsonForm
from dashboard.read.headlines import ResolvedHeadline, resolve
from dashboard.read.values import Value, read_districts
from dashboard.scenes.model import Headline
from layers.catalogue.indicator import Indicator
from layers.disclosure.block import last_complete_block
from layers.disclosure.pattern import Publication, read_pattern
from layers.disclosure.places import has_small_count, withheld_places
from layers.states.status import Status

PLACES = JsonForm(frozenset[str])


def resolve_published(context: ScreenContext, headline: Headline) -> ResolvedHeadline | None:
    """Return a headline resolved for the public: pooled days are those of a fixed span."""
    found = resolve(context, headline)
    if found is None or headline.days is None:
        return found
    return replace(found, period=last_complete_block(headline.days, found.period.end))


def withhold(value: Value) -> Value:
    """Return a value as withheld: status suppressed, without any number."""
    return Value(status=Status.SUPPRESSED)


def disclose(value: Value, indicator: Indicator) -> Value:
    """Return the value of the whole, or that it is withheld."""
    if indicator.kiosk == "hidden" or has_small_count(value, indicator):
        return withhold(value)
    return replace(value, lo=None, hi=None)


def disclose_districts(
    values: Mapping[str, Value], indicator: Indicator, already: Collection[str] = ()
) -> dict[str, Value]:
    """Return each district's public value next to the city's total."""
    withheld = withheld_places(values, indicator, already)
    if indicator.kiosk == "hidden":
        withheld = frozenset(values)
    return {
        key: withhold(value) if key in withheld else replace(value, lo=None, hi=None)
        for key, value in values.items()
    }


def read_disclosed(context: ScreenContext, found: ResolvedHeadline) -> dict[str, Value]:
    """Return each district's public value, by the pattern kept for the period."""
    values = read_districts(context, found.build, found.period, found.component)
    publication = Publication(found.indicator.key, found.component, found.period, "district")
    version = f"{found.build.indicator}/{found.build.version}/{found.component}/{found.period}"
    withheld = context.cache.get_or(
        f"withheld/{version}/district",
        lambda: read_pattern(
            context.writer,
            publication,
            lambda already: withheld_places(values, found.indicator, already),
        ),
        PLACES,
    )
    return disclose_districts(values, found.indicator, withheld)
