"""METHODS 8: the composite index."""

import numpy as np
import polars as pl
import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator, resolve_component
from layers.catalogue.targets import Goalpost, load_goalposts
from layers.states.status import Status
from layers.values.composite import (
    combine,
    compute_composite,
    normalise,
    rank_range,
)

CHANGCHUN = load_city("changchun")

COVERAGE = Goalpost(indicator="a", worst=50, best=100, weight=0.6, source="test", status="C")
P90 = Goalpost(indicator="b", worst=480, best=180, weight=0.4, source="test", status="C")
NAN = float("nan")


def frame(*rows: tuple[float | None, ...]) -> pl.DataFrame:
    named = [(f"d{n}", *row) for n, row in enumerate(rows)]
    columns = ["key", *(str(n) for n in range(len(rows[0])))]
    return pl.DataFrame(named, schema=columns, orient="row", strict=False)


def test_8_goalposts_and_weights() -> None:
    """METHODS 8 Test: (80,260),(95,200),(60,320) -> 65.33, 91.33, 33.33."""
    found = compute_composite(frame((80, 260), (95, 200), (60, 320)), [COVERAGE, P90])
    assert found["value"].to_list() == pytest.approx([65.3333, 91.3333, 33.3333], abs=5e-5)
    assert found["rank"].to_list() == [2, 1, 3]


def test_8_geometric() -> None:
    """METHODS 8 Test: geometric 65.01, 91.32, 29.61."""
    rows = frame((80, 260), (95, 200), (60, 320))
    found = compute_composite(rows, [COVERAGE, P90], "geometric")
    assert found["value"].round(2).to_list() == [65.01, 91.32, 29.61]


def test_8_scores_are_clipped_and_know_their_direction() -> None:
    assert normalise(np.array([30.0, 75, 120]), 50, 100).tolist() == [0, 50, 100]
    assert normalise(np.array([600.0, 330, 100]), 480, 180).tolist() == [0, 50, 100]


def test_8_a_zero_counts_as_one_in_the_geometric_mean() -> None:
    """METHODS 8: floor 1, so that one zero does not make everything zero."""
    assert combine(np.array([[0.0, 100]]), [1, 1], "geometric") == pytest.approx(10)


def test_8_missing_components() -> None:
    """METHODS 8: recompute over the known weights if they sum >= 0.7, else no_data."""
    scores = np.array([[80.0, NAN, 40], [NAN, 50, 50], [NAN, NAN, NAN]])
    combined = combine(scores, [0.5, 0.3, 0.2])
    assert combined[0] == pytest.approx((0.5 * 80 + 0.2 * 40) / 0.7)
    assert np.isnan(combined[1:]).all()
    found = compute_composite(frame((80, None), (95, 200)), [COVERAGE, P90])
    assert found["status"].to_list() == [Status.NO_DATA, Status.OK]
    assert found["rank"].to_list() == [None, 1]
    assert found["known_weight"].to_list() == pytest.approx([0.6, 1.0])


def test_8_ranks_range_where_the_weights_decide() -> None:
    """METHODS 8: rank range under weights +-25 %."""
    scores = np.array([[60.0, 40], [42, 57], [10, 10], [99, 99]])
    best, worst = rank_range(scores, [0.5, 0.5])
    assert best.tolist() == [2, 2, 4, 1]
    assert worst.tolist() == [3, 3, 4, 1]


@pytest.mark.parametrize("weights", [[1, -1], [0, 0]])
def test_8_weights_are_at_least_zero(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        combine(np.array([[1.0, 2]]), weights)


@pytest.mark.parametrize("row", load_goalposts(CHANGCHUN), ids=lambda row: row.indicator)
def test_8_every_goalpost_belongs_to_an_indicator_by_district(row: Goalpost) -> None:
    entry = find_indicator(CHANGCHUN, row.indicator)
    resolve_component(entry, row.component)
    assert "district" in entry.geometry
    assert entry.direction == ("up" if row.best > row.worst else "down")
