from itertools import combinations

import numpy as np
import polars as pl
import pytest

from layers.access.siting import (
    area_of_each,
    best_sites,
    check_station_areas,
    covered_weight,
    fewest_sites,
)

COST = np.array([[2, 9, 9], [3, 4, 9], [9, 2, 8], [9, 9, 3]], dtype=float)
WEIGHTS = np.array([100.0, 50.0, 80.0, 30.0])


def test_e9_fewest_sites_for_full_coverage() -> None:
    """E9 station_coverage_share: LSCP needs three."""
    found = fewest_sites(COST, WEIGHTS, 5)
    assert len(found.sites) == 3
    assert found.share == 1


def test_e9_best_sites_by_covered_weight() -> None:
    """E9 station_coverage_share: MCLP for one and two sites, by weight and not by points."""
    one, two = best_sites(COST, WEIGHTS, 5, 1), best_sites(COST, WEIGHTS, 5, 2)
    assert (one.sites, one.covered_weight) == ((0,), 150)
    assert 100 * one.share == pytest.approx(57.69, abs=0.005)
    assert two.covered_weight == 230
    assert 100 * two.share == pytest.approx(88.46, abs=0.005)


def test_e9_best_sites_equal_trying_every_choice() -> None:
    """E9: merging places that the same sites reach changes nothing."""
    rng = np.random.default_rng(2)
    cost, weights = rng.uniform(0, 10, (60, 7)), rng.integers(0, 90, 60).astype(float)
    tried = [covered_weight(cost, weights, 2, list(pick)) for pick in combinations(range(7), 3)]
    assert best_sites(cost, weights, 2, 3).covered_weight == max(tried)
    assert best_sites(cost, weights, -1, 3).sites == ()


def test_e9_places_nobody_can_reach_stay_uncovered() -> None:
    """E9: they count in the total, and LSCP does not fail on them."""
    cost = np.vstack([COST, np.full(3, np.inf)])
    found = fewest_sites(cost, np.append(WEIGHTS, 40.0), 5)
    assert len(found.sites) == 3
    assert found.share == pytest.approx(260 / 300)
    assert fewest_sites(np.full((2, 1), np.inf), np.ones(2), 5).sites == ()
    assert covered_weight(COST, WEIGHTS, 5, []) == 0


def test_e9_fire_station_areas() -> None:
    """E9: 建标152-2017 art. 14, a class without a rule has no limit."""
    stations = pl.DataFrame(
        {"class": ["一级", "二级", "小型", "近郊", "特勤"], "area_km2": [7.0, 4.1, 1.9, 16.0, 99.0]}
    )
    checked = check_station_areas(stations)
    assert checked["is_too_large"].to_list() == [False, True, False, True, None]


def test_e9_area_of_each_station_is_what_it_reaches_first() -> None:
    cost = np.array([[1, 2], [3, 2], [2, 2.5], [np.inf, np.inf]])
    np.testing.assert_array_equal(area_of_each(cost, np.array([1.0, 2.0, 4.0, 8.0])), [5, 2])
