"""Districts as coloured areas: their values, classes and legend for an indicator."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dashboard.maps.palettes import class_colours
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline
from dashboard.read.values import CLASSES, read_cached_values
from geodata.tables import UNKNOWN_DISTRICT
from layers.catalogue.indicator import Indicator
from layers.catalogue.targets import Target
from layers.maps.breaks import layer_breaks
from layers.maps.classes import Classes, colour_classes, read_classes, turn_of
from layers.period import Period

MOST_CLASSES = 5  # of the eleven districts of one period
DistrictValues = dict[str, dict[str, float | int | None]]


@dataclass(frozen=True)
class Choropleth:
    """The districts' values with the colours of their classes."""

    values: DistrictValues
    palette: list[str]
    breaks: list[float]


def district_values(rows: Iterable[tuple[str, float | None, int]]) -> DistrictValues:
    """Return (district, value, status) for the map, without the row of no district."""
    return {
        key: {"value": value, "status": int(status)}
        for key, value, status in rows
        if key != UNKNOWN_DISTRICT
    }


def read_district_values(
    context: ScreenContext, subject: ResolvedHeadline, period: Period
) -> DistrictValues:
    """Return every district's value in a period."""
    frame = read_cached_values(context, subject.build, period, "district", subject.component)
    return district_values(frame.select("key", "value", "status").iter_rows())


def read_district_classes(context: ScreenContext, subject: ResolvedHeadline) -> Classes:
    """Return the classes of whole districts, fixed for all periods of a build."""
    build, component = subject.build, subject.component
    key = f"classes/{build.indicator}/{build.version}/{component}/district"
    return context.cache.get_or(
        key,
        lambda: read_classes(
            context.engine, context.city, build.indicator, component, by="district"
        ),
        CLASSES,
    )


def read_choropleth(context: ScreenContext, subject: ResolvedHeadline) -> Choropleth:
    """Return the districts of a subject in its period."""
    classes = read_district_classes(context, subject)
    values = read_district_values(context, subject, subject.period)
    return Choropleth(values, class_colours(classes, subject.indicator), list(classes.breaks))


def public_choropleth(
    entry: Indicator, target: Target | None, values: DistrictValues
) -> Choropleth:
    """Return districts classed by the given values only, so that breaks disclose nothing."""
    aim = target.value if target else None
    known = np.array([value["value"] for value in values.values()], dtype=np.float64)
    fewer = entry.model_copy(update={"classes": min(entry.classes, MOST_CLASSES)})
    classes = colour_classes(entry, layer_breaks(known, fewer, aim), turn_of(entry, aim))
    return Choropleth(values, class_colours(classes, entry), list(classes.breaks))
