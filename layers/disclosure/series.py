"""Which layers are published: an indicator's component over one sequence of periods each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from geodata.errors import DeclarationError
from geodata.published.views import COARSE_RES, FINE_RES
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import resolve_component
from layers.disclosure.rules import may_be_on_hexagons, smallest_count

RESOLUTIONS = (COARSE_RES, FINE_RES)


@dataclass(frozen=True)
class PublicHeadline:
    """A number that a public screen shows: `days` pools spans of days laid end to end."""

    indicator: str
    component: str = "default"
    days: int | None = None


@dataclass(frozen=True)
class Series:
    """A layer, period after period: by the indicator's calendar step, or by spans of days."""

    indicator: Indicator
    component: str
    span_days: int | None = None

    @property
    def name(self) -> str:
        """Return the name of the layer: key, then component and span where they are not usual."""
        own = self.component == self.indicator.default_component
        parts = [
            self.indicator.key,
            *([] if own else [self.component]),
            *([f"{self.span_days}d"] if self.span_days else []),
        ]
        return "_".join(parts)

    @property
    def counts_people(self) -> bool:
        """Return whether the numbers disclose counts of people."""
        return smallest_count(self.indicator) is not None

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Return at which resolutions hexagons are published.

        Counts of people have one geography: a parent's total would disclose its children. Open
        incidents change by the hour and health counts patients: neither is published below the
        district, nor is what a public screen alone asks for, which shows districts.
        """
        if self.span_days or self.component not in components_of(self.indicator):
            return ()
        if "cell" not in self.indicator.geometry or not may_be_on_hexagons(self.indicator):
            return ()
        fine = tuple(res for res in RESOLUTIONS if res <= self.indicator.max_res)
        return fine[-1:] if self.counts_people else fine


def components_of(indicator: Indicator) -> tuple[str, ...]:
    """Return the components to publish; of counts of people only the default one."""
    if indicator.kiosk == "hidden":
        return ()
    if indicator.component_rollup == "sum" or smallest_count(indicator) is not None:
        return (indicator.default_component,)
    return indicator.component_keys


def series_of(indicator: Indicator, shown: Iterable[PublicHeadline] = ()) -> tuple[Series, ...]:
    """Return the layers of an indicator, with those that public screens show.

    Of a count of people each component has one sequence of periods: two that overlap would disclose
    the days between them as their difference. Spans that a screen shows replace the calendar's.

    Raises:
        DeclarationError: two screens pool different numbers of days of such a count.
    """
    if indicator.kiosk == "hidden":
        return ()
    asked = [
        (resolve_component(indicator, each.component), each.days)
        for each in shown
        if each.indicator == indicator.key
    ]
    by_step = [*components_of(indicator), *(key for key, days in asked if not days)]
    pooled = list(dict.fromkeys((key, days) for key, days in asked if days))
    if smallest_count(indicator) is not None:
        spans = [key for key, _ in pooled]
        _refuse_two(indicator, spans)
        by_step = [key for key in by_step if key not in spans]
    return (
        *(Series(indicator, key) for key in dict.fromkeys(by_step)),
        *(Series(indicator, key, days) for key, days in pooled),
    )


def series_for(indicator: Indicator, shown: PublicHeadline) -> Series:
    """Return the layer that has the numbers of a headline.

    Raises:
        QueryError: the indicator has no such component.
    """
    return Series(indicator, resolve_component(indicator, shown.component), shown.days)


def _refuse_two(indicator: Indicator, spans: Collection[str]) -> None:
    if len(set(spans)) < len(spans):
        raise DeclarationError(
            f"{indicator.key} is pooled over two different numbers of days: where they overlap, "
            "their difference would disclose people"
        )
