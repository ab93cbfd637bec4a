"""Which published indicators count the same records: their counts are one system.

Calls beside events, a count beside its rate: what one of them withholds in a place none of them may
show there, nor a share or a percentile of the same records: that it is shown says "at least so
many".
"""

from collections.abc import Mapping

from layers.catalogue.indicator import Indicator
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


def population_of(indicator: Indicator) -> str:
    """Return the name of the records that an indicator counts; a stock counts at an instant."""
    return f"{indicator.domain}.{indicator.tables[0]}{'.stock' if indicator.stock else ''}"
