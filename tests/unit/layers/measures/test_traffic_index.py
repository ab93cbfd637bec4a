from datetime import UTC, datetime

import polars as pl
import pytest

from layers.catalogue.formula import apply_formula
from layers.measures.traffic import compute_link_states
from layers.states.merge_frames import merge_states

AT = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # 08:00 in Changchun


def link_times(*rows):
    """Rows of (link, day_part, n, t, t_f); a free flow of None was not seen."""
    return pl.DataFrame(
        [
            {
                "source": "s", "link_id": link, "starts_at": AT, "day_part": part, "n": n,
                "time_total_s": float(n * t),
                "delay_total_s": None if free is None else float(n * max(t - free, 0)),
                "free_flow_total_s": None if free is None else float(n * free),
                "cell": 1, "district_id": "chaoyang",
            }
            for link, part, n, t, free in rows
        ],
        schema_overrides={"starts_at": pl.Datetime("us", "UTC")},
    )  # fmt: skip


BRIEF = link_times(("L1", "morning", 100, 120, 60), ("L2", "morning", 50, 180, 120))


def test_the_index_of_the_brief():
    """T10 traffic_index_tpi: L1 n100 t120 t_f60, L2 n50 t180 t_f120: DTP 0.428571, TPI 3.2857."""
    states = compute_link_states(BRIEF, "delay_total_s", "time_total_s", "Asia/Shanghai")
    assert states["num"].item() / states["den"].item() == pytest.approx(0.428571, abs=5e-7)
    assert apply_formula("traffic_index", states)[0] == pytest.approx(3.2857, abs=5e-5)
    assert states["starts_at"].item() == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_the_travel_time_index_of_the_brief():
    """T10 travel_time_index: TTI 1.75."""
    states = compute_link_states(BRIEF, "time_total_s", "free_flow_total_s", "Asia/Shanghai")
    assert states["num"].item() / states["den"].item() == 1.75


def test_parts_of_the_day_and_links_merge_before_the_index_is_read():
    """T10: the index of two parts is that of their sums, never the mean of two indices."""
    times = link_times(("L1", "morning", 10, 100, 20), ("L1", "between", 90, 25, 20))
    states = compute_link_states(times, "delay_total_s", "time_total_s", "Asia/Shanghai")
    merged = merge_states(states, by=[])
    assert apply_formula("traffic_index", merged)[0] == pytest.approx(
        2 + 2 * ((800 + 450) / 3250 - 0.3) / 0.2
    )


def test_nights_are_left_out_and_times_without_free_flow_are_missing():
    times = link_times(
        ("L1", "night", 9, 60, 60), ("L1", "morning", 9, 90, 60), ("L2", "morning", 9, 90, None)
    )
    states = compute_link_states(times, "delay_total_s", "time_total_s", "Asia/Shanghai")
    assert states.select("component", "n", "n_missing", "num", "den").rows() == [
        ("morning", 1, 1, 270.0, 810.0)
    ]


@pytest.mark.parametrize(
    ("delay", "index"), [(0, 0), (0.3, 2), (0.5, 4), (0.6, 6), (0.7, 8), (1, 10), (0.65, 7)]
)
def test_the_band_edges_are_exact(delay, index):
    """T10: DTP 0/.3/.5/.6/.7/1 are TPI 0/2/4/6/8/10."""
    merged = pl.DataFrame({"num": [delay * 1.0], "den": [1.0]})
    assert apply_formula("traffic_index", merged)[0] == pytest.approx(index)


def test_without_travel_time_there_is_no_index():
    merged = pl.DataFrame({"num": [0.0, None], "den": [0.0, None]}, schema_overrides={
        "num": pl.Float64, "den": pl.Float64})  # fmt: skip
    assert pl.Series(apply_formula("traffic_index", merged)).is_nan().all()
