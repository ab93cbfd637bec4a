"""The rules of disclosure control, from `rules.yaml`: which domains and counts they concern."""

from functools import cache
from pathlib import Path

from pydantic import Field

from geodata.declared import Declared, read_declared
from layers.catalogue.indicator import Indicator, StateClass

FILE = Path(__file__).with_name("rules.yaml")


class DisclosureRules(Declared):
    """The rules as the file declares them."""

    smallest_count: dict[str, int]
    public_counts_nobody: frozenset[str]
    on_hexagons: frozenset[str]
    kept_periods: int = Field(ge=1, le=400)


@cache
def load_disclosure_rules() -> DisclosureRules:
    """Return the rules, read once a process."""
    return read_declared(FILE, DisclosureRules)


def smallest_count(indicator: Indicator) -> int | None:
    """Return the smallest count of people that may be published; None if no people are counted."""
    rules = load_disclosure_rules()
    if indicator.domain in rules.public_counts_nobody and indicator.kiosk == "public":
        return None
    return rules.smallest_count.get(indicator.domain)


def may_be_on_hexagons(indicator: Indicator) -> bool:
    """Return whether values may be published below the district.

    Open incidents change by the hour: two publications would disclose single calls.
    """
    counts_nobody = smallest_count(indicator) is None
    return counts_nobody or (
        indicator.domain in load_disclosure_rules().on_hexagons and not indicator.stock
    )


def disclosive_counts(indicator: Indicator) -> tuple[str, ...]:
    """Return which of value, num, den and n a value of the indicator discloses as counts."""
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.STOCK:
            return ("value",)
        case StateClass.RATIO if indicator.denominator:
            return ("num",)  # the denominator, residents or an area, is public
        case StateClass.RATIO:
            return ("num", "den")
        case _:
            return ("n",)


def adds_up(indicator: Indicator) -> bool:
    """Return whether values, or a rate's numerators, add up to published totals."""
    counted = indicator.state_class in (StateClass.ADDITIVE, StateClass.STOCK)
    return counted or (indicator.state_class is StateClass.RATIO and bool(indicator.denominator))
