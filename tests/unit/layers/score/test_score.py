"""Scores of domains and places: weights, what is missing, what has no target."""

from dataclasses import replace
from datetime import date

import pytest

from layers.catalogue.registry import Target
from layers.score.attainment import Rating
from layers.score.score import DomainScore, Part, domain_score, place_score, weighted_score
from layers.states.status import Status

TARGET = Target(
    indicator="x", op=">=", value=90, source="s", status="B", valid_from=date(2020, 1, 1)
)
PART = Part("x", "total", 1.0, None, 90.0, Status.OK, TARGET, 1.0)


def test_the_weighted_mean_leaves_out_what_is_missing() -> None:
    assert weighted_score([(1.2, 1), (0.6, 2)], 0.7) == pytest.approx(0.8)
    assert weighted_score([(1.2, 7), (None, 3)], 0.7) == 1.2
    assert weighted_score([(1.2, 6), (None, 4)], 0.7) is None
    assert weighted_score([], 0.7) is None


def test_an_indicator_without_a_target_neither_counts_nor_withholds_the_score() -> None:
    without = replace(PART, target=None, score=None, weight=9.0)
    scored = domain_score([PART, without])
    assert scored.score == 1.0
    assert scored.parts == (PART, without)
    assert not without.is_confirmed
    assert domain_score([without]).score is None


def test_a_value_that_is_missing_withholds_a_score_it_would_decide() -> None:
    missing = replace(PART, value=None, score=None, status=Status.NO_DATA)
    assert domain_score([PART, missing]).score is None


def test_an_unconfirmed_target_says_so() -> None:
    assert PART.is_confirmed
    assert not replace(PART, target=TARGET.model_copy(update={"status": "C"})).is_confirmed


def test_the_city_is_the_mean_of_its_domains() -> None:
    given = {"a": 1.2, "b": 0.8, "c": 0.9, "d": 0.7}
    domains = {name: DomainScore(score, ()) for name, score in given.items()}
    place = place_score(domains)
    assert place.score == pytest.approx(0.9)
    assert place.rating is Rating.WATCH
    two_missing = {**domains, "a": DomainScore(None, ()), "b": DomainScore(None, ())}
    assert place_score(two_missing).score is None
