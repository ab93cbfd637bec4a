"""E11: the history of a hot spot, in the order of first match."""

import numpy as np
import pytest

from layers.statistics.emerging import Category, categorise, categorise_cells, trend_of
from layers.statistics.gi_star import HotSpots

FLAT = np.array([3.0, 3.2, 2.9, 3.1, 3.0, 3.2, 2.9, 3.1, 3.0, 3.1])
RISING = np.linspace(2.5, 6.0, 10)


def mask(text: str) -> np.ndarray:
    return np.array([each == "h" for each in text])


@pytest.mark.parametrize(
    ("hot", "cold", "z", "category"),
    [
        (".........h", "..........", FLAT, Category.NEW),
        (".........h", "h.........", FLAT, Category.NEW),  # before oscillating
        ("........hh", "..........", FLAT, Category.CONSECUTIVE),
        (".hhhhhhhhh", "..........", RISING, Category.INTENSIFYING),
        ("hhhhhhhhhh", "..........", RISING, Category.INTENSIFYING),
        ("hhhhhhhhhh", "..........", RISING[::-1], Category.DIMINISHING),
        ("hhhhhhhhhh", "..........", FLAT, Category.PERSISTENT),
        ("hhh.hhhhhh", "..........", FLAT, Category.PERSISTENT),
        ("h....hh..h", "..h.......", FLAT, Category.OSCILLATING),
        ("hhhhhhhhh.", "..........", RISING[::-1], Category.HISTORICAL),
        ("h...h.....", "..........", FLAT, Category.SPORADIC),
        ("h...h....h", "..........", FLAT, Category.SPORADIC),
        ("h...h.....", ".h........", FLAT, Category.NONE),
        ("..........", "..........", FLAT, Category.NONE),
    ],
)
def test_e11_first_match(hot: str, cold: str, z: np.ndarray, category: Category) -> None:
    """E11: each category, and its mirror for cold."""
    assert categorise(z, mask(hot), mask(cold)) == (0 if category == "none" else 1, category)
    mirrored = categorise(-z, mask(cold), mask(hot))
    assert mirrored == (0 if category == "none" else -1, category)


def test_e11_fewer_than_ten_steps_have_no_history() -> None:
    """E11: n≥10 steps."""
    assert categorise(FLAT[:9], mask("hhhhhhhhh"), mask(".........")) == (0, Category.NONE)


def test_e11_trend_by_mann_kendall() -> None:
    """E11: p<.05; S = 45 of 10 rising values, and none of alternating ones."""
    assert (trend_of(RISING), trend_of(-RISING), trend_of(FLAT)) == (1, -1, 0)


def test_e11_unknown_steps_are_left_out_of_a_cell() -> None:
    """E11: no_data removed: eleven steps of which one is unknown are ten."""
    steps = []
    for number in range(11):
        z = np.array([np.nan if number == 4 else 3.0 + 0.1 * (number % 2), 0.0])
        steps.append(HotSpots(z, np.zeros(2), np.array([number != 4, False])))
    assert categorise_cells(steps) == [(1, Category.PERSISTENT), (0, Category.NONE)]
    assert categorise_cells(steps[:10])[0] == (0, Category.NONE)
