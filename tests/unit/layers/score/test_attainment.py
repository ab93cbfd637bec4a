"""A value against its target: met, nearly, missed, or nothing to compare."""

from datetime import date

import pytest

from layers.registry import Target
from layers.score.attainment import Standing, attainment, standing_of


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
