"""Rejected rows, stored with file, row, field, reason and raw text."""

import polars as pl

from etl.batch import ROW
from etl.extract.extracted import Extracted, raw_text
from etl.load.supersede import Driver

SCHEMA = {
    "file": pl.String,
    "row_number": pl.Int64,
    "field": pl.String,
    "reason": pl.String,
    "raw": pl.String,
}


def describe_rejects(rejects: pl.DataFrame, extracted: Extracted, file: str) -> pl.DataFrame:
    """Return file, row_number, field, reason and raw (JSON text of the row) in the file's order.

    Rows that did not fit the file's shape, and so are in no frame, bring their own raw text.
    """
    frame = extracted.frame
    raws = frame.join(rejects.select(ROW), on=ROW, how="semi").select(
        ROW, raw_text(frame.columns).alias("raw")
    )
    ragged = extracted.rejects
    if "raw" not in ragged.columns:
        ragged = ragged.with_columns(pl.lit(None, pl.String).alias("raw"))
    rows = pl.concat([rejects.join(raws, on=ROW, how="left"), ragged]).sort(ROW)
    return rows.rename({ROW: "row_number"}).select(pl.lit(file).alias("file"), *list(SCHEMA)[1:])


def keep_rejected(raw: Driver, load_id: int, rejects: pl.DataFrame) -> None:
    """Write the rejected rows of a load; columns as `describe_rejects` returns them."""
    statement = "COPY rejected_row (load_id, file, row_number, field, reason, raw) FROM STDIN"
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rejects.select(list(SCHEMA)).iter_rows():
            copy.write_row((load_id, *row))
