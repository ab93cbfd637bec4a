"""True zeros: where nothing was recorded although the source looked."""

from datetime import datetime

import polars as pl

from geodata.tables import UNKNOWN_DISTRICT
from layers.catalogue.indicator import ALL, StateClass
from layers.period import Period
from layers.values.coverage import Coverage
from layers.values.query import Question

_COUNTED = (StateClass.ADDITIVE, StateClass.RATIO, StateClass.DISTINCT, StateClass.STOCK)
_EMPTY_COLUMNS = ("n", "n_missing", "num", "den", "ids_n")


def with_zeros(
    merged: pl.DataFrame, question: Question, coverage: Coverage, as_of: datetime | None
) -> pl.DataFrame:
    """Give keys without states the empty state where the sources looked.

    Only what is counted can be zero; a mean or a quantile of nothing stays unknown.
    """
    if question.indicator.state_class not in _COUNTED:
        return merged
    covered = pl.Series(_covered_keys(merged, question, coverage, as_of), dtype=pl.Boolean)
    empty = covered & merged["n"].is_null()
    return merged.with_columns(
        pl.when(empty).then(0).otherwise(pl.col(name)).alias(name)
        for name in _EMPTY_COLUMNS
        if name in merged.columns
    )


def _covered_keys(
    merged: pl.DataFrame, question: Question, coverage: Coverage, as_of: datetime | None
) -> list[bool]:
    period, place = question.period, question.district_id
    match question.by:
        case "district":
            return [is_covered(question, coverage, as_of, period, key) for key in merged["key"]]
        case "period":
            steps = question.steps()
            return [is_covered(question, coverage, as_of, step, place) for step in steps]
        case _:
            return [is_covered(question, coverage, as_of, period, place)] * len(merged)


def is_covered(
    question: Question,
    coverage: Coverage,
    as_of: datetime | None,
    period: Period,
    district_id: str | None,
) -> bool:
    """Tell whether the sources looked there during the period, as far as the records reach."""
    start, end = period.start_at(question.zone), period.end_at(question.zone)
    reached = min(end, as_of) if as_of and not question.indicator.stock else end
    components = question.components
    if question.component == ALL:
        components = tuple(coverage.spoken_for(components))
    place = None if district_id == UNKNOWN_DISTRICT else district_id
    return coverage.covers(components, (start, reached), place)
