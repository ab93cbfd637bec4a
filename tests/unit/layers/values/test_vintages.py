"""Counts of residents between, before and after their censuses."""

from datetime import UTC, datetime

import pytest

from layers.values.vintages import interpolate

FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)


def test_between_two_counts_the_weights_follow_the_time() -> None:
    """2.5: linear interpolation between vintages: 913 of 3652 days are a quarter of the way."""
    found = interpolate([LAST, FIRST], datetime(2012, 7, 2, tzinfo=UTC))
    assert found == [(FIRST, pytest.approx(0.75)), (LAST, pytest.approx(0.25))]


def test_nothing_is_said_before_the_first_count() -> None:
    assert interpolate([FIRST, LAST], datetime(2009, 12, 31, tzinfo=UTC)) == []


def test_after_the_last_count_the_number_stays() -> None:
    """2.5: between vintages only, never beyond: no trend is carried on."""
    assert interpolate([FIRST, LAST], datetime(2035, 1, 1, tzinfo=UTC)) == [(LAST, 1.0)]


def test_at_the_instant_of_a_count_it_counts_alone() -> None:
    assert interpolate([FIRST, LAST], LAST) == [(FIRST, 0.0), (LAST, 1.0)]
