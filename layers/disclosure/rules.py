"""The rules of disclosure control, from `rules.yaml`: which domains and counts they concern."""

from functools import cache
from pathlib import Path

from pydantic import Field

from geodata.declared import Declared, read_declared
from geodata.published.views import COARSE_RES, FINE_RES
from layers.catalogue.indicator import Indicator, StateClass

RESOLUTIONS = (COARSE_RES, FINE_RES)
FILE = Path(__file__).with_name("rules.yaml")


class DisclosureRules(Declared):
    """The rules as the file declares them."""

    smallest_count: dict[str, int]
    public_counts_nobody: frozenset[str]
    on_hexagons: frozenset[str]
    kept_periods: int = Field(ge=1, le=400)
    sensitive: frozenset[str]


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


def must_be_over(indicator: Indicator) -> bool:
    """Return whether only periods that are over may be published.

    Two publications of a running period differ by single people; a register (beds, doctors) does
    not run, but what is open now does.
    """
    runs = not indicator.stock or any(each.is_of_events for each in indicator.measures)
    return smallest_count(indicator) is not None and runs


def may_be_on_hexagons(indicator: Indicator) -> bool:
    """Return whether values may be published below the district.

    Open incidents change by the hour: two publications would disclose single calls.
    """
    counts_nobody = smallest_count(indicator) is None
    return counts_nobody or (
        indicator.domain in load_disclosure_rules().on_hexagons and not indicator.stock
    )


def is_sensitive(indicator: Indicator) -> bool:
    """Return whether its zeros are withheld, too: that nobody is concerned tells something."""
    return indicator.key in load_disclosure_rules().sensitive


def is_share(indicator: Indicator) -> bool:
    """Return whether a value is a share or ratio of two counts of its own records."""
    return indicator.state_class is StateClass.RATIO and not indicator.denominator


def disclosive_counts(indicator: Indicator) -> tuple[str, ...]:
    """Return which of value, num, den, diff (den less num) and n a value discloses as counts."""
    match indicator.state_class:
        case StateClass.ADDITIVE | StateClass.STOCK:
            return ("value",)
        case StateClass.RATIO if indicator.denominator:
            return ("num",)  # the denominator, residents or an area, is public
        case StateClass.RATIO:
            return ("num", "den", "diff")
        case _:
            return ("n",)


def adds_up(indicator: Indicator) -> bool:
    """Return whether values, or a rate's numerators, add up to published totals."""
    return disclosive_counts(indicator) in (("value",), ("num",))


def resolutions_of(indicator: Indicator) -> tuple[int, ...]:
    """Return at which resolutions hexagons are published.

    Counts of people have one geography: a parent's total would disclose its children. Open
    incidents change by the hour and health counts patients: neither is published below the
    district.
    """
    if "cell" not in indicator.geometry or not may_be_on_hexagons(indicator):
        return ()
    fine = tuple(res for res in RESOLUTIONS if res <= indicator.max_res)
    return fine if smallest_count(indicator) is None else fine[-1:]
