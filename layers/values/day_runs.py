"""Runs of whole days: what several cover, have in common, or cover within a period."""

from collections.abc import Iterable, Sequence
from datetime import date

from layers.period import Period

Runs = tuple[Period, ...]  # of whole days, ascending, none touching the next


def unite(spans: Iterable[Period]) -> Runs:
    """Return the days of several spans as runs."""
    united: list[Period] = []
    for span in sorted(spans):
        if united and span.first <= united[-1].end:
            united[-1] = Period(united[-1].first, max(united[-1].end, span.end))
        else:
            united.append(span)
    return tuple(united)


def cut_runs(runs: Iterable[Period], within: Period) -> Runs:
    """Return the parts of the runs that lie within a period."""
    return tuple(
        Period(max(run.first, within.first), min(run.end, within.end))
        for run in runs
        if run.first < within.end and within.first < run.end
    )


def common_days(runs: Sequence[Runs]) -> Runs:
    """Return the days that all have in common."""
    found, *others = runs
    for other in others:
        found = tuple(part for run in found for part in cut_runs(other, run))
    return found


def runs_until(runs: Runs, end: date) -> Runs:
    """Return the parts of the runs before a day."""
    return tuple(Period(run.first, min(run.end, end)) for run in runs if run.first < end)
