"""Disclosure control, METHODS 9 (E1 on cells)."""

import numpy as np
import pytest

from layers.disclosure.hexagons import HexTable
from layers.disclosure.totals import Group, Totals, possible_ranges


def _inside(*counts: float) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    return np.array(counts), [("d",)] * len(counts)


def test_one_hidden_count_is_told_by_its_total():
    """E1, METHODS 9 test 1: of 12, 3, 8 in 23, hiding 3 alone gives it away."""
    told = possible_ranges(Totals({"d": 23 - 12 - 8}, {"b": Group((("d",),))}))
    assert told["b"] == pytest.approx((3, 3))


def test_the_smallest_other_count_is_hidden_with_it():
    """E1, METHODS 9 test 1: then 3 lies anywhere in 0..11."""
    counts, districts = _inside(12, 3, 8)
    hidden = HexTable(counts, districts, {"d": 23}, 5).hide()[0]
    assert hidden.tolist() == [False, True, True]
    told = possible_ranges(Totals({"d": 23 - 12}, {"b, c": Group((("d",),), 2)}))
    assert told["b, c"] == pytest.approx((0, 11))


def test_nested_totals_are_seen_through():
    """E1, METHODS 9 test 2: {b, c} still gives b away, {a, b} does not."""
    b = Group((("one", "city"),))
    c = Group((("two", "city"),))
    told = possible_ranges(Totals({"one": 3, "two": 8, "city": 11}, {"b": b, "c": c}))
    assert told["b"] == pytest.approx((3, 3))
    ab = Group((("one", "city"),), 2)
    assert possible_ranges(Totals({"one": 15, "city": 15}, {"ab": ab}))["ab"] == pytest.approx(
        (0, 15)
    )


def test_zeros_and_large_counts_stay_where_nothing_is_hidden():
    counts, districts = _inside(0, 5, 70)
    assert not HexTable(counts, districts, {"d": 75}, 5).hide()[0].any()


def test_two_small_counts_that_their_total_pins_down_get_company():
    """1 and 1 beside 90 in 92: each is at most 2, told to within less than 5."""
    counts, districts = _inside(1, 1, 90, 40)
    hidden = HexTable(counts, districts, {"d": 132}, 5).hide()[0]
    assert hidden.tolist() == [True, True, False, True]


def test_a_hexagon_across_a_boundary_protects_a_little_only():
    """How an open hexagon across a boundary is shared is unknown, which blurs both totals."""
    counts = np.array([3.0, 30.0, 60.0, 50.0, 7.0])
    districts = [("a",), ("a",), ("a", "b"), ("b",), ("b",)]
    hidden = HexTable(counts, districts, {"a": 33 + 20, "b": 57 + 40}, 5).hide()[0]
    assert hidden[0]
    groups = {
        "hidden a": Group((("a",),), int(hidden[:2].sum())),
        "across": Group((("a", "x"), ("b", "x")), 2),
    }
    rest = {"a": 53.0 - counts[:2][~hidden[:2]].sum(), "b": 40.0, "x": 60.0}
    least, most = possible_ranges(Totals(rest, groups))["hidden a"]
    assert most - least >= 5


def test_what_was_hidden_before_stays_hidden():
    """E1, METHODS 9: 7 was hidden in an earlier publication of the period, when it was 4."""
    counts, districts = _inside(12, 7, 8)
    already = np.array([False, True, False])
    assert HexTable(counts, districts, {"d": 27}, 5).hide(already)[0].tolist() == [
        False,
        True,
        True,
    ]


def test_a_withheld_district_shares_what_is_left_with_those_without_hexagons():
    """Of 3 in a district and 46 that lie nowhere a reader knows the sum, whoever has how much."""
    hidden = np.array([True, False])
    for totals in ({"a": 3.0, "unknown": 46.0, "b": 70.0}, {"a": 49.0, "unknown": 0.0, "b": 70.0}):
        table = HexTable(np.array([3.0, 70.0]), [("a",), ("b",)], totals, 5, {"a", "unknown"})
        told = possible_ranges(table.what_is_left(hidden), table.names(hidden))
        assert set(told) == {"hidden a", "total a"}
        assert all(each == pytest.approx((0, 49)) for each in told.values())
