"""Groups several rows of a file into one record: unit rows of a call, sectors of a mast."""

import polars as pl

from etl.batch import MEMBER, ROW, Batch
from etl.source.mapping import GroupBy


def group_rows(batch: Batch, group_by: GroupBy | None) -> Batch:
    """Return one record per key: the row that is first by the declared columns, else in the file.

    A row without a value in `first_by` comes after those that have one, so the first unit to arrive
    counts, and if none arrived the first to set out.
    """
    if group_by is None or batch.frame.is_empty():
        return batch
    key = group_by.key
    # Rows without the key cannot be grouped; each is rejected by itself later.
    loose = batch.frame.filter(pl.col(key).is_null())
    frame = batch.frame.filter(pl.col(key).is_not_null())
    ordered = frame.sort([*group_by.first_by, ROW], nulls_last=True)
    overrides = [pl.col(name).min().over(key) for name in group_by.earliest]
    overrides += [pl.col(name).max().over(key) for name in group_by.latest]
    if group_by.count:
        overrides.append(pl.len().over(key).cast(pl.Int64).alias(group_by.count))
    ordered = ordered.with_columns(*overrides, pl.col(ROW).first().over(key).alias("@winner"))
    merged = ordered.filter(pl.col(ROW) != pl.col("@winner")).select(
        pl.col("@winner").alias(ROW), pl.col(ROW).alias(MEMBER)
    )
    winners = ordered.filter(pl.col(ROW) == pl.col("@winner")).drop("@winner")
    return batch.merge(pl.concat([winners, loose], how="diagonal_relaxed").sort(ROW), merged)
