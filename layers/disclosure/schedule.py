"""Which periods of a layer are published: fixed ones, of people only those that are over."""

from collections.abc import Sequence
from datetime import date

from layers.disclosure.block import complete_blocks
from layers.disclosure.rules import load_disclosure_rules
from layers.disclosure.series import Series
from layers.period import Grain, Period
from layers.values.covered_days import CoveredDays


def step_of(series: Series) -> Grain | None:
    """Return by which steps to look for states; None: by the indicator's own."""
    return Grain.DAY if series.span_days else None


def periods_to_publish(
    series: Series, steps: Sequence[Period], covered: CoveredDays, today: date
) -> tuple[Period, ...]:
    """Return the periods to publish, oldest first: the newest so many, by `rules.yaml`.

    `steps` have states. Counts of people are published for complete periods: two publications of
    one that runs, or that the sources have not told to its end, would disclose the days between as
    their difference.
    """
    begun = [each for each in steps if each.first <= today]
    if series.span_days:
        begun = complete_blocks(series.span_days, begun, today)
    if series.span_days or (series.counts_people and not series.indicator.stock):
        begun = [each for each in begun if each.end <= today and covered.reaches_end_of(each)]
    return tuple(begun[-load_disclosure_rules().kept_periods :])
