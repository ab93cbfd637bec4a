from datetime import date, timedelta
from itertools import pairwise

import pytest

from layers.disclosure.block import last_complete_block


@pytest.mark.parametrize("days", [7, 28])
def test_9_published_spans_never_overlap(days: int) -> None:
    """METHODS 9: only fixed, non-overlapping periods; each begins on a Monday and is over."""
    ends = [date(2026, 10, 1) + timedelta(days=day) for day in range(60)]
    blocks = sorted({last_complete_block(days, end) for end in ends})
    assert all(later.first == sooner.end for sooner, later in pairwise(blocks))
    assert {block.first.weekday() for block in blocks} == {0}
    for end in ends:
        block = last_complete_block(days, end)
        assert block.days == days
        assert 0 <= (end - block.end).days < days
