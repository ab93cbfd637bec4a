"""METHODS 8: three classes at least for whatever values there are, a true number at each break."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.legend import class_labels
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.maps.breaks import layer_breaks
from layers.maps.classes import colour_classes, turn_of

CHANGCHUN = load_city("changchun")
ENTRIES = load_catalogue(CHANGCHUN)
SHARE = find_indicator(CHANGCHUN, "on_time_share")
CALLS = find_indicator(CHANGCHUN, "incident_calls")
SECONDS = find_indicator(CHANGCHUN, "turnout_p90")
DENSITY = find_indicator(CHANGCHUN, "sites_per_km2")


def checked(entry, values, target=None):
    """The breaks of a layer as its legend shows them, after the rules that hold for each."""
    breaks = layer_breaks(np.array(values, dtype=float), entry, target)
    classes = colour_classes(entry, breaks, turn_of(entry, target))
    labels = class_labels(classes.breaks, entry)
    assert 2 <= len(classes.breaks) <= 6
    assert len(classes.palette) == len(classes.breaks) + 1
    assert len(set(labels)) == len(labels), labels
    assert list(classes.breaks) == sorted(classes.breaks)
    return list(classes.breaks)


@pytest.mark.parametrize("key", ENTRIES)
@pytest.mark.parametrize(
    "values",
    [
        [3.0],
        [3.0] * 50,
        [1.0, 2.0],
        [0.0, 0.0, 1.0, 1.0, 2.0],
        [5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 100.0],
        [99.0, 100.0, 100.0],
        [0.02, 0.03, 0.05, 0.08],
        [1234.4, 1234.6],
        [np.nan, 40.0, 0.0],
    ],
)
@pytest.mark.parametrize("target", [None, 90.0])
def test_8_whatever_the_values_there_are_three_classes(key, values, target):
    if max(values) <= 100 or ENTRIES[key].classification != "diverging":
        checked(ENTRIES[key], values, target)


@given(
    st.sampled_from([SHARE, CALLS, SECONDS, DENSITY, find_indicator(CHANGCHUN, "bed_occupancy")]),
    st.lists(st.floats(0.001, 100.0), min_size=1, max_size=60),
)
def test_three_classes_of_any_values(entry, values):
    checked(entry, values)


@given(st.lists(st.floats(0.5, 1e7), min_size=1, max_size=60))
def test_three_classes_of_any_counts_and_seconds(values):
    checked(CALLS, values)
    checked(SECONDS, values)


def test_8_a_share_that_piles_up_at_its_bound_gets_fixed_breaks():
    values = [100.0] * 70 + list(np.linspace(0, 99, 30))
    assert checked(SHARE, values) == [20.0, 40.0, 60.0, 80.0]
    assert checked(SHARE, values, 90.0) == [20.0, 40.0, 60.0, 80.0, 90.0]
    assert checked(SHARE, [100.0] * 9 + [88.0], 90.0) == [90.0, 92.0, 94.0, 96.0, 98.0]


def test_all_at_the_bound_still_have_even_steps():
    assert checked(SHARE, [100.0] * 9) == [60.0, 80.0]


def test_declared_breaks_are_taken_as_they_are():
    entry = find_indicator(CHANGCHUN, "stop_coverage_pop_500")
    assert checked(entry, np.linspace(1, 99, 500), 90.0) == [25.0, 50.0, 75.0, 90.0]


@pytest.mark.parametrize("breaks", [[50], [50, 40], [10, 10, 20]])
def test_declared_breaks_ascend_and_make_three_classes(breaks):
    with pytest.raises(ValueError, match="breaks"):
        type(SHARE).model_validate(SHARE.model_dump(by_alias=True) | {"breaks": breaks})


def test_whole_numbers_next_to_each_other_have_a_class_each():
    assert checked(CALLS, [1, 1, 1, 2, 2]) == [1, 2]


def test_breaks_are_what_the_legend_prints():
    entry = find_indicator(CHANGCHUN, "beds_per_1000")
    values = np.random.default_rng(5).lognormal(1, 1, 300)
    assert [float(text) for text in class_labels(checked(entry, values), entry)] == checked(
        entry, values
    )


def test_no_value_but_zero_makes_no_classes():
    assert layer_breaks(np.array([0.0, 0.0, np.nan]), CALLS) == []
