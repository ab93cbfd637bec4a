import mapclassify
import numpy as np
import polars as pl
import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.maps.breaks import compute_breaks
from layers.maps.classes import MOST_PERIODS, colour_classes, of_places, thinned
from layers.maps.palette import palette_of
from layers.period import Period

CHANGCHUN = load_city("changchun")

X = np.array([0, 0, 0, 0, 1, 2, 3, 4, 5, 100], dtype=float)


def test_8_quantiles_over_tied_zeros_leave_an_empty_class():
    assert mapclassify.Quantiles(X, k=5).counts.tolist() == [4, 0, 2, 2, 2]


def test_8_zeros_and_unknowns_are_left_out():
    with_gaps = np.concatenate([X, [np.nan, np.nan]])
    assert compute_breaks(with_gaps, "quantiles", 3) == compute_breaks(X[4:], "quantiles", 3)
    assert min(compute_breaks(with_gaps, "quantiles", 3)) > 0


def test_8_fisher_jenks_on_what_is_above_zero():
    assert compute_breaks(X, "fisher", 3) == [2, 5]  # and 100, the upper end


def test_8_diverging_turns_around_the_target_with_equal_span():
    breaks = compute_breaks(np.linspace(60, 95, 200), "diverging", 6, target=90.0)
    assert breaks[2] == 90.0
    assert len(breaks) == 5
    assert 90 - breaks[0] == pytest.approx(breaks[4] - 90)


def test_no_class_lies_above_all_that_a_share_can_be():
    share = find_indicator(CHANGCHUN, "within_target_share")
    whole = palette_of(share, 4)
    classes = colour_classes(share, [55.2, 90.0, 124.8], target=90.0)
    assert classes.breaks == (55.2, 90.0)
    assert classes.palette == tuple(whole[:3])
    seconds = find_indicator(CHANGCHUN, "call_to_arrival_p90")
    assert colour_classes(seconds, [55.2, 90.0, 124.8]).breaks == (55.2, 90.0, 124.8)


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [3.0], [3.0, 3.0, 3.0]])
def test_too_few_values_make_one_class(values):
    assert compute_breaks(np.array(values), "quantiles", 6) == []


def test_few_different_values_make_few_classes():
    breaks = compute_breaks(np.array([1.0, 1, 1, 2, 2]), "quantiles", 6)
    assert breaks == [1.0]


def test_thousands_of_cells_are_classed_by_fisher():
    values = np.random.default_rng(3).lognormal(2, 1, 46_000)
    breaks = compute_breaks(values, "fisher", 6)
    assert len(breaks) == 5
    assert breaks == sorted(breaks)


def test_what_lies_in_no_district_makes_no_classes():
    keys = ["220102", "unknown", "220103"]
    districts = pl.DataFrame({"key": keys, "value": [1.0, 900.0, 3.0]})
    assert of_places(districts).to_list() == [1.0, 3.0]
    cells = pl.DataFrame({"key": [2**59, 2**59 + 1], "value": [1.0, 3.0]})
    assert of_places(cells).to_list() == [1.0, 3.0]


@pytest.mark.parametrize("key", load_catalogue(CHANGCHUN))
def test_every_indicator_has_at_most_seven_classes(key):
    entry = find_indicator(CHANGCHUN, key)
    assert len(palette_of(entry, entry.classes)) <= 7


def test_8_classes_are_pooled_over_the_whole_slider():
    days = list(Period.parse("2024-01-01--2026-11-29").split("day"))
    some = thinned(days)
    assert len(some) == MOST_PERIODS
    assert (some[0], some[-1]) == (days[0], days[-1])
    assert some == sorted(set(some))
    assert thinned(days[:5]) == days[:5]


def test_colours_of_a_span_around_a_target_stay_when_it_passes_zero():
    share = find_indicator(CHANGCHUN, "within_target_share")
    whole = palette_of(share, 6)
    classes = colour_classes(share, [-70.0, -10.0, 50.0, 110.0, 170.0], target=50.0)
    assert classes.breaks == (50.0,)
    assert classes.palette == tuple(whole[2:4])
