"""True zeros: places and times that the sources cover and that have no record."""

from datetime import datetime

import polars as pl

from geodata.tables import UNKNOWN_DISTRICT
from layers.catalogue.indicator import ALL, StateClass
from layers.period import Period
from layers.values.coverage import Coverage
from layers.values.query import CheckedQuery

_COUNTED = (StateClass.ADDITIVE, StateClass.RATIO, StateClass.DISTINCT, StateClass.STOCK)
_EMPTY_COLUMNS = ("n", "n_missing", "num", "den", "ids_n")


def may_be_zero(merged: pl.DataFrame, query: CheckedQuery) -> bool:
    """Return whether a key may be a true zero: else nobody need ask what the sources cover."""
    return query.indicator.state_class in _COUNTED and merged["n"].null_count() > 0


def with_zeros(
    merged: pl.DataFrame, query: CheckedQuery, coverage: Coverage, as_of: datetime | None
) -> pl.DataFrame:
    """Give covered keys without states the empty state, whose value is 0.

    Only counts can be zero; a mean or a quantile of nothing stays unknown.
    """
    if not may_be_zero(merged, query):
        return merged
    covered = pl.Series(_covered_keys(merged, query, coverage, as_of), dtype=pl.Boolean)
    empty = covered & merged["n"].is_null()
    return merged.with_columns(
        pl.when(empty).then(0).otherwise(pl.col(name)).alias(name)
        for name in _EMPTY_COLUMNS
        if name in merged.columns
    )


def _covered_keys(
    merged: pl.DataFrame, query: CheckedQuery, coverage: Coverage, as_of: datetime | None
) -> list[bool]:
    period, place = query.period, query.district_id
    match query.by:
        case "district":
            return [is_covered(query, coverage, as_of, period, key) for key in merged["key"]]
        case "period":
            steps = query.steps()
            return [is_covered(query, coverage, as_of, step, place) for step in steps]
        case _:
            return [is_covered(query, coverage, as_of, period, place)] * len(merged)


def is_covered(
    query: CheckedQuery,
    coverage: Coverage,
    as_of: datetime | None,
    period: Period,
    district_id: str | None,
) -> bool:
    """Return whether the sources cover the place during the period, as far as records go."""
    start, end = period.start_at(query.zone), period.end_at(query.zone)
    reached = min(end, as_of) if as_of and not query.indicator.stock else end
    components = query.components
    if query.component == ALL:
        components = tuple(coverage.declared(components))
    place = None if district_id == UNKNOWN_DISTRICT else district_id
    return coverage.covers(components, (start, reached), place)
