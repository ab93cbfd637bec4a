"""How a value stands against its target: a word, a sign and a number, never a colour alone."""

from enum import StrEnum

from layers.registry import Target

TOLERANCE = 0.9  # attainment from here to 1 is "watch"
CAP = 1.5


class Standing(StrEnum):
    """The four words a table may say about a value."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    NONE = "none"

    @property
    def sign(self) -> str:
        """Return the sign that says the same as the colour."""
        return {"good": "●", "watch": "▲", "bad": "■", "none": ""}[self.value]


def attainment(value: float | None, target: Target | None) -> float | None:
    """Return how much of the target is reached, 1 when met, direction-aware, capped."""
    if value is None or target is None:
        return None
    if target.op == ">=":
        return min(value / target.value, CAP) if target.value > 0 else None
    if value <= 0:
        return CAP
    return min(target.value / value, CAP)


def standing_of(value: float | None, target: Target | None) -> Standing:
    """Return met, nearly met, missed, or that there is nothing to compare."""
    reached = attainment(value, target)
    if reached is None:
        return Standing.NONE
    if reached >= 1:
        return Standing.GOOD
    return Standing.WATCH if reached >= TOLERANCE else Standing.BAD


def target_text(target: Target) -> str:
    """Return the sign of the comparison, for example `≤`."""
    return "≤" if target.op == "<=" else "≥"
