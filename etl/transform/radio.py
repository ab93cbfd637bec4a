"""Decodes radio records: report indexes to dBm, cell identities to base stations."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from etl.batch import ROW, Batch

REPORT_INDEX = "report_index"
CELL_IDENTITY = "cell_identity"

# Index v stands for [v - offset, v - offset + 1) dBm: TS 36.133 cl. 9.1.4, TS 38.133 cl. 10.1.6
_OFFSET_DBM: Mapping[str, int] = {"4g": 141, "5g": 157}
_LAST_INDEX: Mapping[str, int] = {"4g": 97, "5g": 127}
_ENB_BITS = 8  # of the 28 bits of an E-UTRA cell identity that number the cell within its station
_NCI_BITS = 36


def decode_radio(batch: Batch, gnb_id_bits: int | None) -> Batch:
    """Turn report indexes into dBm and cell identities into numbers of logical base stations.

    A level or station given by the source is kept. Only the operator knows the length of a gNB's
    number: without `gnb_id_bits` a 5G cell's station stays unknown.
    """
    if REPORT_INDEX in batch.frame.columns:
        batch = _decode_reports(batch)
    if CELL_IDENTITY in batch.frame.columns:
        frame = batch.frame.with_columns(_given_or("node_id", batch, node_of(gnb_id_bits)))
        batch = replace(batch, frame=frame.drop(CELL_IDENTITY))
    return batch


def level_dbm() -> pl.Expr:
    """Return the lower edge in dBm of the interval of a report index, by `technology`."""
    offset = pl.col("technology").replace_strict(_OFFSET_DBM, default=None, return_dtype=pl.Int64)
    return (pl.col(REPORT_INDEX) - offset).cast(pl.Float64)


def node_of(gnb_id_bits: int | None) -> pl.Expr:
    """Return the logical base station of a cell: eNB by its upper 20 bits, gNB as declared."""
    station = pl.col(CELL_IDENTITY).cast(pl.Int64)
    gnb = station // (1 << (_NCI_BITS - gnb_id_bits)) if gnb_id_bits else pl.lit(None, pl.Int64)
    is_4g, is_5g = (pl.col("technology") == name for name in ("4g", "5g"))
    return pl.when(is_4g).then(station // (1 << _ENB_BITS)).when(is_5g).then(gnb).cast(pl.String)


def _decode_reports(batch: Batch) -> Batch:
    last = pl.col("technology").replace_strict(_LAST_INDEX, default=None, return_dtype=pl.Int64)
    illegal = ~pl.col(REPORT_INDEX).is_between(0, last)
    reason = pl.lit("is not a report index of its technology")
    field = pl.lit(batch.label(REPORT_INDEX))
    batch = batch.reject(
        batch.frame.filter(illegal).select(ROW, field.alias("field"), reason.alias("reason"))
    )
    frame = batch.frame.with_columns(_given_or("rsrp_dbm", batch, level_dbm()))
    return replace(batch, frame=frame.drop(REPORT_INDEX))


def _given_or(name: str, batch: Batch, decoded: pl.Expr) -> pl.Expr:
    given = [pl.col(name)] if name in batch.frame.columns else []
    return pl.coalesce(*given, decoded).alias(name)
