"""E2: empirical Bayes rates."""

import numpy as np
import pytest

from layers.statistics.smoothing import smooth_rates

EVENTS = np.array([0.0, 1, 40, 10, 200, 3])
PEOPLE = np.array([120.0, 150, 2000, 4000, 90_000, 110])


def test_e2_smoothing_is_the_estimate_of_marshall() -> None:
    """E2: computed by hand from the global mean and the method of moments."""
    mean = EVENTS.sum() / PEOPLE.sum()
    own = EVENTS / PEOPLE
    variance = (PEOPLE * (own - mean) ** 2).sum() / PEOPLE.sum() - mean / PEOPLE.mean()
    assert variance > 0
    weight = variance / (variance + mean / PEOPLE)
    assert smooth_rates(EVENTS, PEOPLE) == pytest.approx(weight * own + (1 - weight) * mean)


def test_e2_few_people_move_further_than_many() -> None:
    smoothed, own = smooth_rates(EVENTS, PEOPLE), EVENTS / PEOPLE
    assert smoothed[0] > 0  # nothing happened among 120 people: not a rate of zero
    assert abs(smoothed[4] / own[4] - 1) < 0.05
    assert smoothed[5] < own[5] / 2


def test_e2_rates_that_vary_by_chance_only_become_the_mean() -> None:
    """E2: a negative variance estimate is no variance, not a rate beyond the mean."""
    people = np.array([1000.0, 1000, 1000, 1000])
    assert smooth_rates(np.array([9.0, 10, 11, 10]), people) == pytest.approx([0.01] * 4)


def test_e2_unknown_places_stay_unknown() -> None:
    smoothed = smooth_rates(np.array([1.0, np.nan, 5, 2]), np.array([0.0, 100, 200, np.nan]))
    assert np.isnan(smoothed).tolist() == [True, True, False, True]
    assert smooth_rates(np.zeros(3), np.full(3, 100.0)).tolist() == [0, 0, 0]
    assert len(smooth_rates(np.array([]), np.array([]))) == 0
