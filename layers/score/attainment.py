"""A value against its target: a ratio, and a rating with its word and sign."""

from enum import StrEnum

from layers.catalogue.registry import Target
from layers.score.rules import load_score_rules


class Rating(StrEnum):
    """The four ratings of a value against its target."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    NONE = "none"

    @property
    def sign(self) -> str:
        """Return the sign that says the same as the colour."""
        return {"good": "●", "watch": "▲", "bad": "■", "none": ""}[self.value]


def attainment(value: float | None, target: Target | None) -> float | None:
    """Return the ratio of value and target, 1 on target, above 1 if better, capped.

    None where there is no value, no target, or where a target of zero leaves no ratio.
    """
    if value is None or target is None:
        return None
    cap = load_score_rules().cap
    if target.op == ">=":
        return min(value / target.value, cap) if target.value > 0 else None
    if target.lower is not None and value <= target.value:
        return min(
            value / target.lower, 1.0
        )  # within the band a value cannot be better than on target
    if value <= 0:
        return cap
    return min(target.value / value, cap)


def rate_score(score: float | None) -> Rating:
    """Return the rating of a score."""
    if score is None:
        return Rating.NONE
    if score >= 1:
        return Rating.GOOD
    return Rating.WATCH if score >= load_score_rules().watch_from else Rating.BAD


def rate_value(value: float | None, target: Target | None) -> Rating:
    """Return the rating of a value against its target."""
    return rate_score(attainment(value, target))


def target_text(target: Target) -> str:
    """Return the text before the target's value: `≤`, or `85 –` of a band."""
    if target.lower is not None:
        return f"{target.lower:g} –"
    return "≤" if target.op == "<=" else "≥"
