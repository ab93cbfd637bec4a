"""How a value stands against its target: a number, a word and a sign, never a colour alone."""

from enum import StrEnum

from layers.catalogue.targets import Target
from layers.score.rules import load_score_rules


class Standing(StrEnum):
    """The four words a screen may say about a value."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    NONE = "none"

    @property
    def sign(self) -> str:
        """Return the sign that says the same as the colour."""
        return {"good": "●", "watch": "▲", "bad": "■", "none": ""}[self.value]


def attainment(value: float | None, target: Target | None) -> float | None:
    """Return value to target, 1 on target and more when better, direction-aware, capped.

    None where there is no value, no target, or where a target of zero leaves no ratio.
    """
    if value is None or target is None:
        return None
    cap = load_score_rules().cap
    if target.op == ">=":
        return min(value / target.value, cap) if target.value > 0 else None
    if target.lower is not None and value <= target.value:
        return min(value / target.lower, 1.0)  # better than within the band there is not
    if value <= 0:
        return cap
    return min(target.value / value, cap)


def standing_of_score(score: float | None) -> Standing:
    """Return on target, nearly, off target, or that there is nothing to compare."""
    if score is None:
        return Standing.NONE
    if score >= 1:
        return Standing.GOOD
    return Standing.WATCH if score >= load_score_rules().watch_from else Standing.BAD


def standing_of(value: float | None, target: Target | None) -> Standing:
    """Return how a value stands against its target."""
    return standing_of_score(attainment(value, target))


def target_text(target: Target) -> str:
    """Return what stands before the target's value: `≤`, or `85 –` of a band."""
    if target.lower is not None:
        return f"{target.lower:g} –"
    return "≤" if target.op == "<=" else "≥"
