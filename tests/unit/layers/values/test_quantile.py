import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.values.quantile import percentile_disc, rank_of

A = [100, 110, 120, 130, 140, 150, 160, 170, 180, 400]
B = [300, 500]


@pytest.mark.parametrize(("values", "p90"), [(A, 180), (B, 500), (A + B, 400)])
def test_1_2_p90_of_a_union_is_read_from_the_union(values, p90):
    assert percentile_disc(np.array(values, dtype=float), 0.9) == p90


def test_1_2_small_sample_reads_the_highest():
    assert percentile_disc(np.array([0.0, 0.0, 5.0]), 0.9) == 5


def test_nothing_has_no_quantile():
    assert np.isnan(percentile_disc(np.array([]), 0.9))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=300))
def test_equals_the_inverted_cdf_of_numpy(values):
    array = np.array(values, dtype=float)
    for quantile in (0.5, 0.9, 0.95):
        wanted = np.quantile(array, quantile, method="inverted_cdf")
        assert percentile_disc(array, quantile) == wanted


def test_ranks_do_not_suffer_from_binary_fractions():
    n = np.arange(1, 10_001)
    assert (rank_of(0.9, n) == -(-n * 9 // 10)).all()
