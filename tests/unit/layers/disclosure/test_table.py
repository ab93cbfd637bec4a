"""METHODS 9: primary, complementary, audit."""

import numpy as np
import pytest

from layers.disclosure.audit import Equation, exposed, ranges
from layers.disclosure.table import PublishedTable, complement, primary, suppress

K = 5
ONE = PublishedTable({"a": 12, "b": 3, "c": 8, "total": 23}, (Equation("total", ("a", "b", "c")),))
NESTED = PublishedTable(
    {"a": 12, "b": 3, "c": 8, "d": 9, "left": 15, "right": 17, "city": 32},
    (
        Equation("left", ("a", "b")),
        Equation("right", ("c", "d")),
        Equation("city", ("left", "right")),
    ),
)


def test_9_one_total() -> None:
    """METHODS 9 Test 1: hiding b alone -> [3,3]; {b,c} -> [0,11]."""
    assert ranges(ONE.counts, ONE.equations, {"b"}) == {"b": (3, 3)}
    assert ranges(ONE.counts, ONE.equations, {"b", "c"}) == {"b": (0, 11), "c": (0, 11)}
    assert suppress(ONE, K) == {"b", "c"}


def test_9_nested_totals() -> None:
    """METHODS 9 Test 2: {b,c} still discloses b=3; the correct set {a,b} -> [0,15]."""
    assert ranges(NESTED.counts, NESTED.equations, {"b", "c"})["b"] == (3, 3)
    assert suppress(NESTED, K) == {"a", "b"}
    assert ranges(NESTED.counts, NESTED.equations, {"a", "b"})["b"] == (0, 15)


def test_9_counts_from_1_to_k_minus_1() -> None:
    """METHODS 9: zeros are published unless the class is sensitive."""
    counts = {"a": 0, "b": 1, "c": 4, "d": 5}
    assert primary(counts, K) == {"b", "c"}
    assert primary(counts, K, is_sensitive=True) == {"a", "b", "c"}


def test_9_the_audit_finds_what_no_single_equation_tells() -> None:
    """METHODS 9: two hidden in every equation, and yet the sum of the totals tells them.

    Rows and columns of a 2x2 table of which one cell is in a further total.
    """
    counts = {"a": 3, "b": 6, "c": 7, "d": 20, "ab": 9, "cd": 27, "ac": 10, "bd": 26, "ad": 23}
    equations = tuple(Equation(name, (name[0], name[1])) for name in ("ab", "cd", "ac", "bd", "ad"))
    table = PublishedTable(counts, equations)
    all_inner = {"a", "b", "c", "d"}
    assert complement(table, frozenset(all_inner)) == all_inner
    assert ranges(counts, equations, all_inner)["a"] == pytest.approx((3, 3))
    safe = suppress(table, K)
    assert not exposed(counts, equations, safe, K)
    assert safe > {"a"}


def test_9_a_range_narrower_than_k_is_no_protection() -> None:
    """METHODS 9: require max-min >= k: 1 and 2 beside a total of 3 give each other away."""
    table = PublishedTable(
        {"a": 2, "b": 1, "c": 9, "total": 12}, (Equation("total", ("a", "b", "c")),)
    )
    assert ranges(table.counts, table.equations, {"a", "b"})["a"] == (0, 3)
    assert suppress(table, K) == {"a", "b", "c"}


def test_9_a_single_member_takes_its_total_with_it() -> None:
    """METHODS 9: the member that is all of a total is told by it."""
    table = PublishedTable({"a": 3, "b": 0, "total": 3}, (Equation("total", ("a", "b")),))
    assert suppress(table, K) == {"a", "total"}
    assert ranges(table.counts, table.equations, {"a", "total"})["a"] == (0, np.inf)


def test_9_the_pattern_does_not_depend_on_order_and_keeps_what_was_hidden() -> None:
    """METHODS 9: a period's pattern is deterministic; what was hidden once stays hidden."""
    turned = PublishedTable(
        dict(reversed(NESTED.counts.items())), tuple(reversed(NESTED.equations))
    )
    assert suppress(turned, K) == suppress(NESTED, K)
    assert suppress(ONE, K, {"a"}) == {"a", "b"}


@pytest.mark.parametrize("seed", range(20))
def test_9_no_random_table_tells_a_hidden_count(seed: int) -> None:
    """METHODS 9: cell -> parent -> district -> city; nothing within k, and most stays open."""
    rng = np.random.default_rng(seed)
    cells = {f"{d}{p}{c}": int(rng.poisson(9)) for d in "xy" for p in "12" for c in "abc"}
    counts: dict[str, float] = dict(cells)
    equations = []
    for d in "xy":
        for p in "12":
            counts[d + p] = sum(n for key, n in cells.items() if key.startswith(d + p))
            equations.append(Equation(d + p, tuple(k for k in cells if k.startswith(d + p))))
        counts[d] = counts[d + "1"] + counts[d + "2"]
        equations.append(Equation(d, (d + "1", d + "2")))
    counts["city"] = counts["x"] + counts["y"]
    equations.append(Equation("city", ("x", "y")))
    table = PublishedTable(counts, tuple(equations))
    hidden = suppress(table, K)
    assert primary(counts, K) <= hidden
    assert not exposed(counts, equations, hidden, K)
    assert len(hidden) < len(counts)


def test_9_contradicting_totals_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        ranges({"a": 5, "b": 9, "total": 3}, [Equation("total", ("a", "b"))], {"a"})
