"""Values by formula, from states merged for the geometry and period asked for."""

import polars as pl
import pytest

from layers.catalogue.formula import FORMULAS, apply_formula
from layers.states.merge_frames import merge_states
from layers.states.state import STATE_SCHEMA

ACTUAL_MIN = [4.0, 16.0, 10.0, 10.0, 2.0, 18.0]
PLANNED_MIN = [10.0] * 6


def gaps(actual: list[float], planned: list[float], key: str = "a") -> dict[str, object]:
    """The additive state of matched gaps, as the measures of T7 write it."""
    difference = [h - p for h, p in zip(actual, planned, strict=True)]
    return {
        "key": key,
        "n": len(actual),
        "num": sum(h * h for h in actual),
        "den": sum(actual),
        "sum_w": sum(planned),
        "sum_wx": sum(p * p for p in planned),
        "sum_x": sum(difference),
        "sum_x2": sum(d * d for d in difference),
    }


def test_t7_excess_wait() -> None:
    """T7: H = 4, 16, 10, 10, 2, 18 and h = 10 give 1.667 min."""
    merged = pl.DataFrame([gaps(ACTUAL_MIN, PLANNED_MIN)])
    assert apply_formula("excess_wait", merged)[0] == pytest.approx(800 / 120 - 5)
    assert round(float(apply_formula("excess_wait", merged)[0]), 3) == 1.667


def test_t7_headway_cv() -> None:
    """T7: the same gaps give cv 0.6325."""
    merged = pl.DataFrame([gaps(ACTUAL_MIN, PLANNED_MIN)])
    assert round(float(apply_formula("relative_deviation", merged)[0]), 4) == 0.6325


def test_parts_merged_give_what_all_gaps_at_once_give() -> None:
    """T7: the sums are additive, the value is not."""
    parts = [gaps(ACTUAL_MIN[:2], PLANNED_MIN[:2]), gaps(ACTUAL_MIN[2:], PLANNED_MIN[2:])]
    merged = merge_states(pl.DataFrame(parts), ["key"])
    for name in ("excess_wait", "relative_deviation"):
        whole = apply_formula(name, pl.DataFrame([gaps(ACTUAL_MIN, PLANNED_MIN)]))
        assert apply_formula(name, merged)[0] == pytest.approx(whole[0])


def test_t4_span_of_a_day_and_the_mean_of_days() -> None:
    """T4: 07:00 to 24:30 is 17.5 h; days are averaged, never joined."""
    first = [1_000_000 + 7 * 3600, 1_000_000 + 24.5 * 3600]
    second = [2_000_000 + 8 * 3600, 2_000_000 + 10 * 3600]
    merged = pl.DataFrame(
        {"n": [2, 4, 0], "vals": [first, first + second, []]},
        schema_overrides={"vals": pl.List(pl.Float64)},
    )
    spans = apply_formula("daily_span", merged)
    assert spans[:2].tolist() == [17.5, 9.75]
    assert spans[2] != spans[2]  # nothing runs: no span


@pytest.mark.parametrize("name", FORMULAS)
def test_nothing_has_no_value(name: str) -> None:
    assert set(FORMULAS[name].needs) <= set(STATE_SCHEMA)
    empty = dict.fromkeys(("num", "den", "sum_w", "sum_wx", "sum_x", "sum_x2"), 0.0)
    merged = pl.DataFrame(
        [{"n": 0, **empty, "vals": []}], schema_overrides={"vals": pl.List(pl.Float64)}
    )
    value = apply_formula(name, merged)
    assert value[0] != value[0]
