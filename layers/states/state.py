"""The additive state: the sums stored for a component, step, cell and district of an indicator.

Values are never stored. They are computed from merged states (METHODS class in brackets):

- `n` observations used, `n_missing` records that should have given one and did not
- `num`, `den` numerator and denominator (A, R, S; `den` is null where the denominator is
  another indicator)
- `sum_w`, `sum_wx` weights and weighted values (W); `sum_x`, `sum_x2` plain sums, only where the
  number of raw observations is known, so that a confidence interval can be given
- `vals` the raw values, ascending (Q); `ids` distinct identifiers, ascending (U); `hist` counts
  a fixed bin (Q at high volume)
"""

import polars as pl

from geodata.space.grid import NO_CELL

STATE_SCHEMA = pl.Schema(
    {
        "component": pl.String(),
        "starts_at": pl.Datetime("us", "UTC"),  # first instant of the step, local midnight
        "cell": pl.Int64(),  # H3 at resolution 10; 0: the record has no place
        "district_id": pl.String(),
        "n": pl.Int64(),
        "n_missing": pl.Int64(),
        "num": pl.Float64(),
        "den": pl.Float64(),
        "sum_w": pl.Float64(),
        "sum_wx": pl.Float64(),
        "sum_x": pl.Float64(),
        "sum_x2": pl.Float64(),
        "vals": pl.List(pl.Float64()),
        "ids": pl.List(pl.Int64()),
        "hist": pl.List(pl.Int32()),
        "is_estimated": pl.Boolean(),
    }
)
KEYS = ("component", "starts_at", "cell", "district_id")
STORED_ORDER = ("starts_at", "component", "cell", "district_id")  # of an indicator's rows, by key
SUMS = ("num", "den", "sum_w", "sum_wx", "sum_x", "sum_x2")
COUNTS = ("n", "n_missing")


def complete_states(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column of the schema, in order; absent ones are null.

    Absent counts are 0, an absent `is_estimated` is false, an absent cell is `NO_CELL`.
    """
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in STATE_SCHEMA.items()
        if name not in frame.columns
    ]
    return (
        frame.with_columns(missing)
        .select(STATE_SCHEMA.names())
        .cast(STATE_SCHEMA)
        .with_columns(
            pl.col(*COUNTS).fill_null(0),
            pl.col("is_estimated").fill_null(value=False),
            pl.col("cell").fill_null(NO_CELL),
        )
    )
