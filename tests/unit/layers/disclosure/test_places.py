"""METHODS 9 for a table of places: counts, rates, percentiles."""

from dataclasses import dataclass

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.disclosure.places import TOTAL, has_small_count, withheld_of_table
from layers.disclosure.rules import smallest_count

CHANGCHUN = load_city("changchun")

COUNT = find_indicator(CHANGCHUN, "incident_count")
SHARE = find_indicator(CHANGCHUN, "within_target_share")
P90 = find_indicator(CHANGCHUN, "call_to_arrival_p90")
SPEED = find_indicator(CHANGCHUN, "down_mean_mbps")


@dataclass(frozen=True)
class Reading:
    value: float | None = None
    num: float | None = None
    den: float | None = None
    n: int | None = None


def share(num: float, den: float) -> Reading:
    return Reading(value=100 * num / den, num=num, den=den, n=int(den))


def test_9_a_rate_is_withheld_for_either_of_its_counts() -> None:
    assert has_small_count(share(3, 40), SHARE)
    assert has_small_count(share(6, 40), SHARE) is False
    few = {"a": share(30, 40), "b": share(3, 40), "c": share(9, 12), "d": share(25, 41)}
    assert withheld_of_table(few, SHARE) - {TOTAL} == {"b", "c"}


def test_9_both_columns_are_protected_by_one_pattern() -> None:
    """Numerators hide b and c; c's denominator is then hidden beside b's: 0 to 52."""
    rows = {"a": share(30, 400), "b": share(4, 40), "c": share(8, 12)}
    assert withheld_of_table(rows, SHARE) - {TOTAL} == {"b", "c"}


def test_9_two_withheld_places_that_tell_each_other_take_a_third() -> None:
    """1 and 2 beside a total lie within 3 of each other: less than five."""
    rows = {key: Reading(value=float(n)) for key, n in {"a": 1, "b": 2, "c": 7, "d": 90}.items()}
    assert withheld_of_table(rows, COUNT) - {TOTAL} == {"a", "b", "c"}


def test_9_counts_nobody_withholds_and_unknown_places() -> None:
    assert (
        withheld_of_table({"a": Reading(n=2), "b": Reading(n=50)}, SPEED) - {TOTAL} == frozenset()
    )
    assert smallest_count(SPEED) is None
    rows = {"a": Reading(value=3.0), "b": Reading(value=8.0), "c": Reading(), "d": Reading(value=0)}
    assert withheld_of_table(rows, COUNT) - {TOTAL} == {"a", "b"}


def test_9_what_was_withheld_before_stays_withheld() -> None:
    rows = {key: Reading(n=n) for key, n in {"a": 400, "b": 500, "c": 600}.items()}
    assert withheld_of_table(rows, P90) - {TOTAL} == frozenset()
    assert withheld_of_table(rows, P90, already=["c"]) - {TOTAL} == {"a", "c"}
    assert withheld_of_table(rows, P90, already=["elsewhere"]) - {TOTAL} == frozenset()


@pytest.mark.parametrize(
    ("n", "hidden"), [(4, True), (5, True), (36, True), (49, True), (50, False)]
)
def test_9_a_percentile_of_few(n: int, hidden: bool) -> None:
    """METHODS 9: n >= 2k and a rank not among the k extreme: of a P90 five lie above from 50 on."""
    assert has_small_count(Reading(value=300.0, n=n), P90) is hidden
