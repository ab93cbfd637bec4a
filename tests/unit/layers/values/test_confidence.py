import numpy as np
import pytest
from scipy import stats

from layers.values.confidence import mean, poisson, rank_bounds, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "lo", "hi"), [(8, 10, 0.4902, 0.9433), (0, 20, 0.0, 0.1611)]
)
def test_1_4_wilson(successes, trials, lo, hi):
    found = wilson(np.array([float(successes)]), np.array([float(trials)]))
    assert [part[0] for part in found] == pytest.approx([lo, hi], abs=5e-5)


def test_1_4_wilson_of_no_trials_is_undefined():
    lo, hi = wilson(np.array([0.0]), np.array([0.0]))
    assert np.isnan(lo[0])
    assert np.isnan(hi[0])


def test_1_4_poisson_rate_per_10_000():
    lo, hi = poisson(np.array([37.0]))
    rates = [round(float(part) / 12_500 * 10_000, 2) for part in (37.0, lo[0], hi[0])]
    assert rates == [29.6, 20.84, 40.80]


def test_1_4_poisson_of_nothing_has_an_upper_bound():
    lo, hi = poisson(np.array([0.0]))
    assert lo[0] == 0
    assert hi[0] == pytest.approx(3.689, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "quantile", "ranks"),
    [
        (36, 0.9, (29, 36)),
        (100, 0.9, (84, 96)),
        (400, 0.9, (348, 372)),
        (10, 0.5, (2, 9)),
        (6, 0.5, (1, 6)),
    ],
)
def test_1_4_ranks(n, quantile, ranks):
    assert rank_bounds(n, quantile) == ranks


def test_1_4_ranks_that_do_not_exist():
    assert rank_bounds(35, 0.9)[1] == 0
    assert rank_bounds(5, 0.5) == (0, 0)


def test_1_4_mean_from_sums():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    lo, hi = mean(np.array([4.0]), np.array([x.sum()]), np.array([(x**2).sum()]))
    half = 1.959964 * x.std(ddof=1) / 2
    assert (lo[0], hi[0]) == pytest.approx((2.5 - half, 2.5 + half))
    assert np.isnan(mean(np.array([1.0]), np.array([1.0]), np.array([1.0]))[0][0])


def test_our_wilson_is_scipys():
    """Ours takes arrays and ends at exactly 0 and 1."""
    successes, trials = np.array([[k, n] for n in range(1, 25) for k in range(n + 1)]).T
    expected = [
        stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
        for k, n in zip(successes, trials, strict=True)
    ]
    found = np.transpose(wilson(successes.astype(float), trials.astype(float)))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_our_poisson_bounds_leave_as_much_on_each_side():
    counts = np.arange(1.0, 200.0)
    lo, hi = poisson(counts)
    np.testing.assert_allclose(stats.poisson.sf(counts - 1, lo), 0.025, rtol=1e-9)
    np.testing.assert_allclose(stats.poisson.cdf(counts, hi), 0.025, rtol=1e-9)
