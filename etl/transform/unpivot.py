"""Turns wide tables into long ones: one record for each declared column of a row."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from etl.batch import ROW, Batch
from etl.transform.fields import cleaned


def unpivot(batch: Batch, variables: Mapping[str, str]) -> Batch:
    """Return a record per row and column, with `@variable` and `@value`; blank ones are left out.

    A row that is blank in all of the columns carries no record and is rejected.
    """
    if not variables:
        return batch
    kept = [name for name in batch.frame.columns if name not in variables]
    long = (
        batch.frame.with_columns(cleaned(name, []).alias(name) for name in variables)
        .unpivot(list(variables), index=kept, variable_name="@variable", value_name="@value")
        .filter(pl.col("@value").is_not_null())
        .with_columns(pl.col("@variable").replace_strict(dict(variables)))
        .sort(ROW, maintain_order=True)
    )
    blank = batch.frame.join(long, on=ROW, how="anti").select(
        ROW,
        pl.lit("/".join(variables)).alias("field"),
        pl.lit("no value in any of the columns").alias("reason"),
    )
    return replace(batch.reject(blank), frame=long)
