"""Entries that are given by emergency channels: the parts of a city are those of its channels."""

from collections.abc import Sequence

from geodata.city.channels import Channel
from layers.catalogue.indicator import Component, Indicator
from layers.catalogue.measure import IntervalMeasure, Measure


def with_channels(entry: Indicator, channels: Sequence[Channel]) -> Indicator | None:
    """Return an entry with a city's channels as its components, by key; limits go by kind.

    The entry itself where it is not given by channels; None where the city has none of its kinds.
    """
    if entry.components_from is None:
        return entry
    kinds = entry.components_from.channels
    chosen = [each for each in channels if kinds == "all" or each.kind in kinds]
    if not chosen:
        return None
    components = {
        each.key: Component(label_zh=each.name_zh, label_en=each.name_en)
        for each in sorted(chosen, key=lambda each: each.key)
    }
    measures = tuple(_by_channel(measure, chosen) for measure in entry.measures)
    return entry.model_copy(update={"components": components, "measures": measures})


def _by_channel(measure: Measure, channels: Sequence[Channel]) -> Measure:
    if not isinstance(measure, IntervalMeasure) or not measure.limits_s:
        return measure
    limits = {
        each.key: measure.limits_s[each.kind] for each in channels if each.kind in measure.limits_s
    }
    return measure.model_copy(update={"limits_s": limits})
