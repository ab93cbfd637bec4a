"""Which published indicators count the same records: their counts are one system.

Calls beside events, a count beside its rate: what one of them withholds in a place none of them may
show there, nor a share or a percentile of the same records: that it is shown says "at least so
many".
"""

from collections.abc import Iterable, Mapping

from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import (
    Condition,
    CountMeasure,
    FieldMeasure,
    Measure,
    RatioMeasure,
    ShareMeasure,
)
from layers.disclosure.rules import adds_up, smallest_count


def members_of(indicator: Indicator, catalogue: Mapping[str, Indicator]) -> tuple[Indicator, ...]:
    """Return the published indicators of an indicator's records whose counts or rates add up."""
    return tuple(
        each
        for each in catalogue.values()
        if population_of(each) == population_of(indicator)
        and each.kiosk != "hidden"
        and smallest_count(each) is not None
        and adds_up(each)
    )


def is_base_published(share: Indicator, members: Iterable[Indicator]) -> bool:
    """Return whether what a share is divided by is counted by a member, by their declarations."""
    bases = [(each.table, _conditions(base)) for each in share.measures for base in _bases_of(each)]
    counted = [
        (each.table, _conditions(each.where))
        for member in members
        for each in member.measures
        if isinstance(each, CountMeasure | FieldMeasure)
    ]
    return any(base in counted for base in bases)


def _bases_of(measure: Measure) -> list[tuple[Condition, ...]]:
    """Return the conditions of the records that a share's measure divides by."""
    match measure:
        case RatioMeasure():
            return [measure.denominator]
        case ShareMeasure():
            return [measure.where]
        case _:
            return []


def _conditions(tests: Iterable[Condition]) -> frozenset[str]:
    return frozenset(each.model_dump_json() for each in tests)


def population_of(indicator: Indicator) -> str:
    """Return the name of the records that an indicator counts; a stock counts at an instant."""
    return f"{indicator.domain}.{indicator.tables[0]}{'.stock' if indicator.stock else ''}"
