from datetime import UTC, datetime

import pytest

from layers.values.coverage import Coverage, CoveredSpan, components_of, without

A, B, C, D = (datetime(2026, month, 1, tzinfo=UTC) for month in (8, 9, 10, 11))


def coverage(*spans, is_stock=False):
    return Coverage(tuple(CoveredSpan(*s) for s in spans), frozenset({"x", "y"}), is_stock)


def test_pieces_that_touch_cover_together_and_a_gap_does_not():
    assert coverage((None, None, B, C), (None, None, A, B)).covers(["110"], (A, C))
    assert not coverage((None, None, A, B), (None, None, C, D)).covers(["110"], (A, D))


def test_a_channel_does_not_speak_for_another():
    said = coverage(("110", None, A, D))
    assert said.covers(["110"], (B, C))
    assert not said.covers(["110", "119"], (B, C))
    assert said.declared(["110", "119"]) == ["110"]


def test_every_district_covers_the_city_and_one_does_not():
    both = coverage((None, "x", A, D), (None, "y", A, D))
    assert both.covers(["110"], (B, C))
    one = coverage((None, "x", A, D))
    assert not one.covers(["110"], (B, C))
    assert one.covers(["110"], (B, C), "x")
    assert not one.covers(["110"], (B, C), "y")


@pytest.mark.parametrize("span", [(B, B), (C, B)])
def test_nothing_is_covered_in_no_time(span):
    assert not coverage((None, None, A, D)).covers(["110"], span)


def test_a_stock_stays_covered_from_its_first_day():
    said = coverage((None, None, B, C), is_stock=True)
    assert said.covers(["total"], (C, D))
    assert not said.covers(["total"], (A, B))


def test_a_source_that_names_no_component_answers_for_what_it_brings():
    carried = {"police": ["110", "122"]}
    assert components_of(None, "police", carried) == ["110", "122"]
    assert components_of(None, "fire", carried) == []
    assert components_of("119", "fire", carried) == ["119"]
    assert components_of(None, "census", None) == [None]


@pytest.mark.parametrize(
    ("holes", "left"),
    [
        ([], [(A, D)]),
        ([(B, C)], [(A, B), (C, D)]),
        ([(A, B)], [(B, D)]),
        ([(B, D), (A, B)], []),
        ([(A, C), (B, D)], []),
    ],
)
def test_what_is_left_of_a_span_beside_holes(holes, left):
    assert without([(A, D)], holes) == left
