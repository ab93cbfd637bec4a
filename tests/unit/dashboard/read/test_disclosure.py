"""Small numbers never reach the public."""

import pytest

from dashboard.read.disclosure import disclose, disclose_districts
from dashboard.read.values import Value
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.states.status import Status

CHANGCHUN = load_city("changchun")

COUNT = find_indicator(CHANGCHUN, "incident_count")
SHARE = find_indicator(CHANGCHUN, "within_target_share")
P90 = find_indicator(CHANGCHUN, "call_to_arrival_p90")
BEDS = find_indicator(CHANGCHUN, "beds_per_1000")
SPEED = find_indicator(CHANGCHUN, "down_mean_mbps")


def is_withheld(value: Value) -> bool:
    return value.status == Status.SUPPRESSED and value.value is None and value.num is None


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_counts_below_five_incidents_are_withheld(count: float) -> None:
    assert is_withheld(disclose(Value(value=count, n=int(count), status=0), COUNT))


@pytest.mark.parametrize("count", [0, 5, 37])
def test_zero_and_five_are_published(count: float) -> None:
    assert disclose(Value(value=count, n=int(count), status=0), COUNT).value == count


def test_a_rate_with_a_small_part_is_withheld() -> None:
    assert is_withheld(disclose(Value(value=30.0, num=3, den=10, n=10, status=0), SHARE))
    assert is_withheld(disclose(Value(value=75.0, num=3, den=4, n=4, status=0), SHARE))
    assert is_withheld(disclose(Value(value=60.0, num=6, den=10, n=10, status=0), SHARE))
    assert disclose(Value(value=60.0, num=12, den=20, n=20, status=0), SHARE).value == 60.0


def test_a_share_is_rounded_and_comes_without_its_parts() -> None:
    shown = disclose(Value(value=61.7, lo=47.0, hi=74.0, num=29, den=47, n=47, status=0), SHARE)
    assert (shown.value, shown.lo, shown.hi) == (60.0, None, None)
    assert (shown.num, shown.den, shown.n) == (None, None, None)


def test_a_quantile_of_few_is_withheld() -> None:
    assert is_withheld(disclose(Value(value=400.0, n=4, status=4), P90))
    assert is_withheld(disclose(Value(value=400.0, n=36, status=0), P90))
    assert disclose(Value(value=400.0, n=50, status=0), P90).value == 400.0


def test_health_starts_at_ten() -> None:
    assert is_withheld(disclose(Value(value=0.1, num=9, den=90, n=1, status=0), BEDS))
    assert disclose(Value(value=0.1, num=10, den=90, n=1, status=0), BEDS).value == 0.1


def test_other_domains_are_published_as_they_are() -> None:
    assert disclose(Value(value=220.0, n=3, status=0), SPEED).value == 220.0


def test_a_single_withheld_district_takes_the_next_smallest_with_it() -> None:
    values = {
        "a": Value(value=60.0, num=12, den=20, n=20, status=0),
        "b": Value(value=30.0, num=3, den=10, n=10, status=0),
        "c": Value(value=80.0, num=8, den=10, n=10, status=0),
    }
    shown = disclose_districts(values, SHARE)
    assert [key for key in values if is_withheld(shown[key])] == ["b", "c"]
    assert shown["a"].value == 60.0


def test_two_withheld_districts_protect_each_other() -> None:
    small = Value(value=30.0, num=3, den=10, n=10, status=0)
    large = Value(value=60.0, num=12, den=20, n=20, status=0)
    shown = disclose_districts({"a": small, "b": small, "c": large}, SHARE)
    assert [key for key in shown if is_withheld(shown[key])] == ["a", "b"]


def test_without_a_withheld_district_all_are_published() -> None:
    large = Value(value=60.0, num=12, den=20, n=20, status=0)
    assert not any(map(is_withheld, disclose_districts({"a": large, "b": large}, SHARE).values()))


def test_a_hidden_indicator_is_never_shown() -> None:
    hidden = COUNT.model_copy(update={"kiosk": "hidden"})
    assert is_withheld(disclose(Value(value=500.0, n=500, status=0), hidden))
