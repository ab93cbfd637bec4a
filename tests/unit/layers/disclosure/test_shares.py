"""METHODS 9: a share only of parts that are 0 or at least k, rounded so that they do not follow."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.disclosure.public_value import is_of_many
from layers.disclosure.shares import STEPS, Beside, public_share, step_of

UP_TO = 420  # bases tried one by one: every class down to a step of 1 %


@pytest.mark.parametrize("k", [5, 10])
def test_9_no_published_share_tells_its_parts(k: int) -> None:
    """Every share of every base: all that a reader cannot tell apart spans at least k.

    The reader knows the share, the step it is rounded to, and these rules.
    """
    alike: dict[tuple[int, float], list[tuple[int, int]]] = defaultdict(list)
    allowed = 0
    for base in range(1, UP_TO):
        for num in range(base + 1):
            share = public_share(num, base, k)
            allowed += all(part == 0 or part >= k for part in (num, base, base - num))
            if share is not None and num not in (0, base):
                alike[step_of(base, k), share].append((num, base))
    finest = step_of(UP_TO, k)  # its class goes on beyond what was tried
    tried = {key: pairs for key, pairs in alike.items() if key[0] > finest}
    assert len(tried) > 20
    for pairs in tried.values():
        for parts in zip(*((num, base, base - num) for num, base in pairs), strict=True):
            assert max(parts) - min(parts) >= k
    assert sum(map(len, alike.values())) > 0.95 * allowed - 2 * UP_TO


@pytest.mark.parametrize("k", [5, 10])
@pytest.mark.parametrize("room", [0, 1, 4, 20])
def test_9_no_share_tells_its_parts_beside_a_count_of_the_same_records(k: int, room: int) -> None:
    """The count is published, and what the share is divided by is at most so many."""
    for count in range(k, 90):
        alike: dict[tuple[int, float], list[tuple[int, int]]] = defaultdict(list)
        shown = set()
        for base in range(1, count + 1):
            for num in range(1, base):
                share = public_share(num, base, k, Beside(count))
                if share is not None:
                    alike[step_of(base, k), share].append((num, base))
                if share is not None and count - base <= room:
                    shown.add((step_of(base, k), share))
        for key in shown:
            for parts in zip(*((n, b, b - n) for n, b in alike[key]), strict=True):
                assert max(parts) - min(parts) >= k


@pytest.mark.parametrize("k", [5, 10])
def test_9_no_share_of_a_published_base_tells_its_numerator(k: int) -> None:
    """As the share of records in use beside the number of all records."""
    for base in (2 * k, 40, 73, 150, 400, 3000):
        alike = defaultdict(list)
        for num in range(1, base):
            share = public_share(num, base, k, Beside(base, is_base=True))
            if share is not None:
                alike[share].append(num)
        assert all(max(nums) - min(nums) >= k for nums in alike.values())
        assert alike or base < 100


@given(st.integers(5, 12), st.integers(1, 5_000), st.data())
def test_9_a_share_is_of_enough_and_near_the_truth(k: int, base: int, data: st.DataObject) -> None:
    num = data.draw(st.integers(0, base))
    share = public_share(num, base, k)
    if share is None:
        return
    assert all(part == 0 or part >= k for part in (num, base, base - num))
    assert abs(share - num / base) <= step_of(base, k) / 2000 + 1e-12
    assert (share == 0) == (num == 0)
    assert (share == 1) == (num == base)


def test_9_the_step_follows_from_the_base_alone() -> None:
    """Half of k over the base, to the next step of the ladder, 20 % at most."""
    assert [step_of(base, 5) for base in (5, 12, 13, 25, 50, 125, 250, 2500)] == [
        200, 200, 200, 100, 50, 20, 10, 1,
    ]  # fmt: skip
    assert STEPS[-1] == 200


@pytest.mark.parametrize(("num", "base"), [(3, 40), (37, 40), (4, 4), (0, 4), (None, 9), (0, 0)])
def test_9_a_share_with_a_small_part_is_not_published(num: int | None, base: int) -> None:
    assert public_share(num, base, 5) is None


def test_9_none_and_all_are_published() -> None:
    assert (public_share(0, 31, 5), public_share(31, 31, 5)) == (0, 1)


def test_9_a_ratio_above_one_is_rounded_alike() -> None:
    assert public_share(52_000, 40_000, 10) == 1.3
    assert public_share(44, 40, 10) is None  # four less than k apart


@given(st.integers(1, 400), st.sampled_from([0.1, 0.5, 0.9, 0.95]), st.integers(2, 12))
def test_9_a_published_quantile_is_none_of_the_k_extreme_values(
    n: int, quantile: float, k: int
) -> None:
    """The values below and above the one published are k each, counted one by one."""
    values = list(range(n))
    rank = next(r for r in range(1, n + 1) if r >= quantile * n - 1e-9)
    if is_of_many(n, quantile, k):
        value = values[rank - 1]
        assert n >= 2 * k
        assert sum(each < value for each in values) >= k
        assert sum(each > value for each in values) >= k


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, False), (11, True), (12, True)])
def test_9_a_median_needs_k_on_both_sides(n: int, shown: bool) -> None:
    """Of an even n both middle values count: of 10 the fifth is among the five lowest."""
    assert is_of_many(n, 0.5, 5) is shown
