"""What public screens may know, read from the published schema by an engine that sees no other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from dashboard.read.context import ScreenContext
from dashboard.read.reasons import missing_text
from dashboard.read.values import Value, target_of
from dashboard.scenes.model import Headline
from dashboard.scenes.public import public_headline
from dashboard.wording.i18n import Language, translate
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.engine import open_snapshot
from geodata.published.layers import PublishedLayer, read_newest
from geodata.published.reading import (
    Days,
    has_simulated_source,
    read_covered,
    read_districts_of,
    read_gap,
    read_public_districts,
)
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator
from layers.catalogue.targets import Target
from layers.disclosure.series import Series, series_for
from layers.period import Period
from layers.states.status import Status
from layers.states.version import is_old
from layers.values.covered_days import PeriodCoverage
from layers.values.missing_inputs import MissingInput


@dataclass(frozen=True)
class PublicNumbers:
    """The newest published period of a headline: the city's number and each district's."""

    city: City
    indicator: Indicator
    layer: PublishedLayer
    values: Mapping[str, Value]  # by district_id; the city's code for the whole
    covered: Mapping[str, Days]
    target: Target | None

    @property
    def period(self) -> Period:
        """Return the period of the numbers."""
        return Period.parse(self.layer.period)

    @property
    def districts(self) -> dict[str, Value]:
        """Return each district's number."""
        return {key: value for key, value in self.values.items() if key != self.city.code}

    def value(self, district_id: str | None) -> Value:
        """Return the number of a district, or of the whole city."""
        return self.values.get(district_id or self.city.code, Value())

    def coverage(self, district_id: str | None) -> PeriodCoverage:
        """Return what part of the period a number speaks of."""
        days = self.covered.get(district_id or self.city.code, ())
        return PeriodCoverage(
            self.period,
            tuple(Period(first, end) for first, end in days),
            now().astimezone(self.city.zone).date(),
            is_stock=self.layer.covered_days is None,
            counted_on=self.layer.counted_on,
        )


def read_public_numbers(context: ScreenContext, shown: Headline) -> PublicNumbers | None:
    """Return what is published of a headline, None where nothing is."""
    city, series = context.city, _series(context, shown)
    with open_snapshot(context.public) as connection:
        layer = read_newest(connection, series.name)
        if layer is None:
            return None
        rows = read_districts_of(connection, layer.name, layer.period)
        covered = read_covered(connection, layer.name, layer.period)
    last = Period.parse(layer.period).end - timedelta(days=1)
    target = target_of(context, series.indicator, series.component, last)
    is_late = is_old(series.indicator, layer.as_of, min(now(), layer.ends_at))
    values = {key: _value(row, is_late=is_late) for key, *row in rows.iter_rows()}
    return PublicNumbers(city, series.indicator, layer, values, covered, target)


def read_public_reason(context: ScreenContext, shown: Headline, language: Language) -> str:
    """Return why nothing is published of a headline."""
    with context.public.connect() as connection:
        found = read_gap(connection, _series(context, shown).name)
    if found is None:
        return translate("kiosk.unpublished", language)
    reason, inputs = found
    missing = [MissingInput(each["table"], tuple(each["kinds"])) for each in inputs]
    return missing_text(context.city, missing, language) or translate(f"kiosk.{reason}", language)


def read_district_names(context: ScreenContext) -> pl.DataFrame:
    """Return the city's districts in its own order, as anybody may know them."""
    with context.public.connect() as connection:
        return read_public_districts(connection)


def is_simulated(context: ScreenContext) -> bool:
    """Return whether anything that the city shows is simulated."""
    with context.public.connect() as connection:
        return has_simulated_source(connection)


def _series(context: ScreenContext, shown: Headline) -> Series:
    return series_for(find_indicator(context.city, shown.indicator), public_headline(shown))


def _value(row: list[object], *, is_late: bool) -> Value:
    """Return a published number; one that was published too long ago is out of date."""
    value = Value(**dict(zip(("value", "lo", "hi", "n", "status"), row, strict=True)))  # type: ignore[arg-type]
    if is_late and Status(value.status).has_value:
        return replace(value, status=int(Status.STALE))
    return value
