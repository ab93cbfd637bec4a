"""METHODS 9: small numbers never reach the public."""

from dataclasses import dataclass

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.disclosure.places import TOTAL, has_small_count, withheld_of_table
from layers.disclosure.series import PublicHeadline, series_of

CHANGCHUN = load_city("changchun")

COUNT = find_indicator(CHANGCHUN, "incident_count")
SHARE = find_indicator(CHANGCHUN, "within_target_share")
P90 = find_indicator(CHANGCHUN, "call_to_arrival_p90")
BEDS = find_indicator(CHANGCHUN, "beds_per_1000")
SPEED = find_indicator(CHANGCHUN, "down_mean_mbps")


@dataclass(frozen=True)
class Reading:
    value: float | None = None
    num: float | None = None
    den: float | None = None
    n: int | None = None


LARGE = Reading(value=60.0, num=12, den=20, n=20)
SMALL = Reading(value=30.0, num=3, den=10, n=10)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_counts_below_five_incidents_are_withheld(count: float) -> None:
    assert has_small_count(Reading(value=count, n=int(count)), COUNT)


@pytest.mark.parametrize("count", [0, 5, 37])
def test_zero_and_five_are_published(count: float) -> None:
    assert has_small_count(Reading(value=count, n=int(count)), COUNT) is False


def test_a_rate_with_a_small_part_is_withheld() -> None:
    assert has_small_count(SMALL, SHARE)
    assert has_small_count(Reading(value=75.0, num=3, den=4, n=4), SHARE)
    assert has_small_count(LARGE, SHARE) is False


def test_a_quantile_of_few_is_withheld() -> None:
    assert has_small_count(Reading(value=400.0, n=4), P90)
    assert has_small_count(Reading(value=400.0, n=50), P90) is False


def test_health_starts_at_ten() -> None:
    assert has_small_count(Reading(value=0.1, num=9, den=90, n=1), BEDS)
    assert has_small_count(Reading(value=0.1, num=10, den=90, n=1), BEDS) is False


def test_other_domains_are_published_as_they_are() -> None:
    assert has_small_count(Reading(value=220.0, n=3), SPEED) is False


def test_a_single_withheld_district_takes_the_next_smallest_with_it() -> None:
    values = {"a": LARGE, "b": SMALL, "c": Reading(value=80.0, num=8, den=10, n=10)}
    assert withheld_of_table(values, SHARE) - {TOTAL} == {"b", "c"}


def test_two_withheld_districts_protect_each_other() -> None:
    assert withheld_of_table({"a": SMALL, "b": SMALL, "c": LARGE}, SHARE) - {TOTAL} == {"a", "b"}


def test_without_a_withheld_district_all_are_published() -> None:
    assert withheld_of_table({"a": LARGE, "b": LARGE}, SHARE) - {TOTAL} == frozenset()


def test_a_hidden_indicator_is_never_published() -> None:
    hidden = COUNT.model_copy(update={"kiosk": "hidden"})
    assert series_of(hidden, [PublicHeadline("incident_count")]) == ()
