"""A value against its target: met, nearly, missed, or nothing to compare."""

from datetime import date

import pytest
from pydantic import ValidationError

from layers.catalogue.targets import Target
from layers.score.attainment import Standing, attainment, standing_of, target_text


def target(op: str, value: float) -> Target:
    return Target(
        indicator="x", op=op, value=value, source="s", status="B", valid_from=date(2020, 1, 1)
    )


@pytest.mark.parametrize(
    ("op", "limit", "value", "standing"),
    [
        (">=", 90, 90, Standing.GOOD),
        (">=", 90, 81, Standing.WATCH),
        (">=", 90, 80.9, Standing.BAD),
        ("<=", 300, 300, Standing.GOOD),
        ("<=", 300, 333, Standing.WATCH),
        ("<=", 300, 334, Standing.BAD),
        ("<=", 300, 0, Standing.GOOD),
    ],
)
def test_good_watch_bad(op: str, limit: float, value: float, standing: Standing) -> None:
    assert standing_of(value, target(op, limit)) is standing


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
    assert standing_of(None, target(">=", 90)) is Standing.NONE
    assert standing_of(50, None) is Standing.NONE


def test_attainment_is_direction_aware_and_capped() -> None:
    assert attainment(45, target(">=", 90)) == 0.5
    assert attainment(600, target("<=", 300)) == 0.5
    assert attainment(900, target(">=", 90)) == 1.5


def test_every_standing_but_none_has_a_sign_of_its_own() -> None:
    signs = [standing.sign for standing in Standing if standing is not Standing.NONE]
    assert all(signs)
    assert len(set(signs)) == len(signs)
