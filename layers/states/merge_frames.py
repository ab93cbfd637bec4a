"""Merging additive states: over cells, districts, components and time, in any order."""

from collections.abc import Sequence

import polars as pl

from layers.states.histogram import add_bins
from layers.states.state import COUNTS, SUMS


def merge_states(states: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return one merged state for each group of the columns `by`.

    Sums add up and stay null where nothing was known; raw values are concatenated, distinct
    identifiers united, both ascending; counts a bin add up; one estimated part makes the whole
    estimated. Columns that the frame lacks are left out.
    """
    present = set(states.columns)
    merged = [pl.col(name).sum() for name in COUNTS if name in present]
    merged += [_known_sum(name) for name in SUMS if name in present]
    if "vals" in present:
        merged.append(pl.col("vals").list.explode().drop_nulls().sort())
    if "ids" in present:
        merged.append(pl.col("ids").list.explode().drop_nulls().unique().sort())
    if "is_estimated" in present:
        merged.append(pl.col("is_estimated").any())
    if not by:
        return merge_states(states.with_columns(_=pl.lit(0)), ["_"]).drop("_")
    result = states.group_by(list(by)).agg(merged).sort(list(by))
    if "hist" in present:
        result = result.join(add_bins(states, list(by)), on=list(by), how="left", nulls_equal=True)
    return result


def _known_sum(name: str) -> pl.Expr:
    column = pl.col(name)
    return pl.when(column.count() > 0).then(column.sum()).alias(name)
