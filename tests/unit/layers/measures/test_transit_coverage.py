"""T1: residents within reach of a stop."""

from datetime import UTC, datetime

import polars as pl
import pytest

from layers.measures.transit_coverage import compute_stop_coverage

START = datetime(2026, 11, 1, tzinfo=UTC)
STOPS = pl.DataFrame({"x_m": [0.0], "y_m": [0.0]})
RESIDENTS = pl.DataFrame(
    {
        "cell": [1, 1, 2, 2],
        "district_id": ["a", "a", "a", "b"],
        "residents": [1000.0, 500.0, 300.0, 200.0],
        "x_m": [120.0, 0.0, -480.0, 700.0],
        "y_m": [0.0, 310.0, 0.0, 0.0],
    }
)


@pytest.mark.parametrize(("radius_m", "percent"), [(300, 50.0), (500, 90.0)])
def test_share_of_residents_in_reach(radius_m: float, percent: float) -> None:
    states = compute_stop_coverage(RESIDENTS, STOPS, radius_m, START)
    assert 100 * states["num"].sum() / states["den"].sum() == percent


def test_a_cell_on_a_border_is_split_by_district() -> None:
    states = compute_stop_coverage(RESIDENTS, STOPS, 500, START).sort("cell", "district_id")
    assert states.select("cell", "district_id", "num", "den").rows() == [
        (1, "a", 1500.0, 1500.0),
        (2, "a", 300.0, 300.0),
        (2, "b", 0.0, 200.0),
    ]


def test_the_distance_itself_still_counts() -> None:
    states = compute_stop_coverage(RESIDENTS, STOPS, 310, START)
    assert states["num"].sum() == 1500.0


def test_without_stops_nobody_is_in_reach() -> None:
    states = compute_stop_coverage(RESIDENTS, STOPS.clear(), 500, START)
    assert (states["num"].sum(), states["den"].sum()) == (0.0, 2000.0)


def test_residents_without_a_place_are_missing_and_not_out_of_reach() -> None:
    nowhere = RESIDENTS.with_columns(pl.when(pl.col("residents") != 200).then(pl.col("x_m", "y_m")))
    states = compute_stop_coverage(nowhere, STOPS, 500, START)
    assert (states["den"].sum(), states["n_missing"].sum()) == (1800.0, 1)
