"""A value against its target: met, nearly, missed, or nothing to compare."""

from datetime import date

import pytest
from pydantic import ValidationError

from layers.catalogue.registry import Target
from layers.score.attainment import Rating, attainment, rate_value, target_text


def target(op: str, value: float) -> Target:
    return Target(
        indicator="x", op=op, value=value, source="s", status="B", valid_from=date(2020, 1, 1)
    )


@pytest.mark.parametrize(
    ("op", "limit", "value", "rating"),
    [
        (">=", 90, 90, Rating.GOOD),
        (">=", 90, 81, Rating.WATCH),
        (">=", 90, 80.9, Rating.BAD),
        ("<=", 300, 300, Rating.GOOD),
        ("<=", 300, 333, Rating.WATCH),
        ("<=", 300, 334, Rating.BAD),
        ("<=", 300, 0, Rating.GOOD),
    ],
)
def test_good_watch_bad(op: str, limit: float, value: float, rating: Rating) -> None:
    assert rate_value(value, target(op, limit)) is rating


@pytest.mark.parametrize(
    ("value", "score"), [(85, 1.0), (90, 1.0), (93, 1.0), (68, 0.8), (116.25, 0.8), (0, 0.0)]
)
def test_h8_a_band_is_met_between_its_ends_and_missed_on_both_sides(
    value: float, score: float
) -> None:
    band = Target.model_validate(target(">=", 93).model_dump() | {"op": "between", "lower": 85})
    assert attainment(value, band) == pytest.approx(score)
    assert f"{target_text(band)} {band.value:g}" == "85 – 93"


def test_a_band_has_two_ends_in_order() -> None:
    for wrong in ({"op": "between"}, {"lower": 1}, {"op": "between", "lower": 95}):
        with pytest.raises(ValidationError, match="lower end"):
            Target.model_validate(target(">=", 93).model_dump() | wrong)


def test_nothing_to_compare() -> None:
    assert rate_value(None, target(">=", 90)) is Rating.NONE
    assert rate_value(50, None) is Rating.NONE


def test_attainment_is_direction_aware_and_capped() -> None:
    assert attainment(45, target(">=", 90)) == 0.5
    assert attainment(600, target("<=", 300)) == 0.5
    assert attainment(900, target(">=", 90)) == 1.5


def test_every_standing_but_none_has_a_sign_of_its_own() -> None:
    signs = [rating.sign for rating in Rating if rating is not Rating.NONE]
    assert all(signs)
    assert len(set(signs)) == len(signs)
