"""The period that an indicator is scored on, and when it advances to the next."""

from collections.abc import Sequence
from datetime import date

from layers.period import Grain, Period
from layers.score.rules import ScoredPeriod

WEEK_DAYS = 7


def scored_period(steps: Sequence[Period], rule: ScoredPeriod, today: date) -> Period | None:
    """Return the newest period of the rule that is over and has states; None before the first.

    `steps` are the steps that have states, in order. A stock's snapshot needs only to have begun.
    """
    if rule == "latest":
        return next((step for step in reversed(steps) if step.first <= today), None)
    over = [step for step in steps if step.end <= today]
    if rule == "week":
        return Period.last_days(WEEK_DAYS, over[-1].end) if over else None
    whole = (Period.containing(step.first, Grain(rule)) for step in reversed(over))
    return next((period for period in whole if period.end <= today), None)
