"""Quantiles from fixed bins, and the sketch that METHODS 1.2 compares with."""

import numpy as np
import polars as pl
import pytest
from ddsketch import DDSketch

from geodata.city.configuration import load_city
from layers.build.expression import state_expression
from layers.catalogue.indicator import Histogram
from layers.catalogue.registry import find_indicator
from layers.states.histogram import add_bins, as_matrix, edges, read_rank
from layers.states.merge_frames import merge_states
from layers.values.compute import compute_values
from layers.values.quantile import percentile_disc
from tests.unit.layers.conftest import SNAPSHOT_AT

CHANGCHUN = load_city("changchun")

BINS = Histogram(low=0.1, high=10_000, bins=250)  # fifty a decade
WIDTH = 10 ** (1 / 50) - 1


@pytest.fixture
def binned():
    return find_indicator(CHANGCHUN, "down_median_mbps").model_copy(update={"histogram": BINS})


def speed_tests(cell, speeds):
    return [
        {"sample_id": f"{cell}-{at}", "cell": cell, "technology": "mobile", "down_kbps": mbps * 1e3,
         "sampled_at": SNAPSHOT_AT}
        for at, mbps in enumerate(speeds)
    ]  # fmt: skip


def value_of(indicator, states):
    row = states.with_columns(key=pl.lit("here"), is_stale=pl.lit(False))
    return compute_values(row, indicator).row(0, named=True)


def test_b2_medians_pool_and_are_never_averaged(run):
    """B2 down_median_mbps: A 10, B 200, pooled 20 (mean of medians 105, weighted 81.25: wrong)."""
    entry = find_indicator(CHANGCHUN, "down_median_mbps")
    rows = speed_tests(1, [10, 10, 10, 100, 100]) + speed_tests(2, [20, 200, 200])
    states = run(entry, {"network_sample": rows}).sort("cell")
    apart = [value_of(entry, states[at : at + 1])["value"] for at in (0, 1)]
    assert apart == [10, 200]
    assert value_of(entry, merge_states(states, ["component"]))["value"] == 20


def test_b2_from_bins_is_within_a_bin_of_the_exact_value(run, binned):
    """B2 down_median_mbps at high volume: bins add up, error at most the bin's width."""
    rng = np.random.default_rng(3)
    speeds = np.round(rng.lognormal(4.5, 1.0, 900), 2)
    speeds[:4] = (0.0, 0.01, 20_000.0, 10_000.0)  # outside, and on the last edge
    rows = [row for cell in range(1, 10) for row in speed_tests(cell, speeds[cell - 1 :: 9])]
    rows.append({**rows[0], "sample_id": "none", "down_kbps": None})
    states = run(binned, {"network_sample": rows})
    assert states["vals"].null_count() == len(states) == 9
    merged = merge_states(states, ["component"])
    assert merged["hist"].list.sum().to_list() == [900]
    assert merged["hist"][0][0] == 2
    assert merged["hist"][0][-1] == 2
    found = value_of(binned, merged)
    assert found["value"] == pytest.approx(percentile_disc(speeds, 0.5), rel=WIDTH)
    assert (found["n"], found["n_missing"]) == (900, 1)
    ordered = np.sort(speeds)
    assert found["lo"] <= ordered[420] <= found["value"] <= ordered[479] <= found["hi"]
    again = merge_states(merge_states(states.reverse(), ["component", "cell"]), ["component"])
    assert again["hist"].equals(merged["hist"])


def test_bins_of_nothing_have_no_quantile():
    hist = pl.Series([None, [0] * BINS.bins], dtype=pl.List(pl.Int32))
    counts = as_matrix(hist, BINS)
    assert counts.shape == (2, 250)
    assert np.isnan(read_rank(counts, np.array([0, 0]), BINS, 0.5)).all()
    assert edges(BINS)[[0, 50, -1]] == pytest.approx([0.1, 1, 10_000])


def test_states_without_bins_add_nothing():
    kinds = {"hist": pl.List(pl.Int32)}
    frame = pl.DataFrame({"k": ["a", "a"], "hist": [[1, 2], None]}, schema_overrides=kinds)
    assert add_bins(frame, ["k"])["hist"].to_list() == [[1, 2]]


def test_1_2_a_sketch_merges_in_any_order_and_errs_by_one_percent_at_most():
    """METHODS 1.2: DDSketch merges by adding buckets; raw values are read where n < 1000."""
    values = np.random.default_rng(5).lognormal(5, 1, 4000)
    whole, forth, back = (DDSketch(relative_accuracy=0.01) for _ in range(3))
    parts = [DDSketch(relative_accuracy=0.01) for _ in range(4)]
    for at, value in enumerate(values):
        whole.add(value)
        parts[at % 4].add(value)
    for part in parts:
        forth.merge(part)
    for part in reversed(parts):
        back.merge(part)
    reads = [sketch.get_quantile_value(0.9) for sketch in (whole, forth, back)]
    assert reads[0] == reads[1] == reads[2]
    assert reads[0] == pytest.approx(np.sort(values)[int(0.9 * 3999)], rel=0.01)


def test_1_2_a_sketch_reads_another_rank_of_few_values():
    """METHODS 1.2: of 0, 0, 5 the sketch says 0 at 0.9, percentile_disc 5."""
    sketch = DDSketch(relative_accuracy=0.01)
    for value in (0, 0, 5):
        sketch.add(value)
    assert sketch.get_quantile_value(0.9) == 0
    assert percentile_disc(np.array([0.0, 0.0, 5.0]), 0.9) == 5


def test_the_measure_says_which_columns_it_fills(binned):
    expression = state_expression(binned, binned.measures[0], SNAPSHOT_AT)
    assert "hist" in expression.columns
