"""COPY BINARY: frames laid out as the bytes that PostgreSQL loads fastest, without a row loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql
from sqlalchemy import BigInteger, Integer, Table

from etl.load.indexes import filling
from etl.source.record_types import Kind
from etl.transform.locate import X, Y
from geodata.errors import LoadError

Bytes = npt.NDArray[np.uint8]
Layout = Kind | Literal["int4"]

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
_TRAILER = b"\xff\xff"
_EPOCH_2000_US = 946_684_800_000_000
_EPOCH_2000_DAYS = 10_957
_ROWS_PER_CHUNK = 100_000
_INT4 = np.iinfo(np.int32)
_EWKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("xy", "<f8", 2)])
_EWKB_TYPE_POINT_WITH_SRID = 0x20000001


@dataclass(frozen=True)
class _Fixed:
    """A column of values of one width, none of them null."""

    values: npt.NDArray[Any]


@dataclass(frozen=True)
class _Variable:
    """A column of bytes of any length; `lengths` is -1 where a value is null, its bytes empty."""

    content: pa.LargeBinaryArray
    lengths: npt.NDArray[Any]


def copy_frame(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    frame: pl.DataFrame,
    columns: Mapping[str, Layout],
) -> None:
    """Append the frame to a table; `columns` names what is written and its layout.

    A geometry column that the frame lacks is a point made of `@x` and `@y`.

    Raises:
        LoadError: a number is too large for its column.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        for chunk in frame.iter_slices(_ROWS_PER_CHUNK):
            copy.write(encode_rows(chunk, columns).data)
        copy.write(_TRAILER)


def copy_records(
    connection: psycopg.Connection[Any],
    table: Table,
    frame: pl.DataFrame,
    columns: Mapping[str, Kind],
    provenance: tuple[str, int],
) -> None:
    """Append the frame to one of our tables, every row with its (source, load_id).

    A whole number is written in the width of its column, so no staging table or cast is needed.
    """
    source, load_id = provenance
    stamped = frame.with_columns(
        pl.lit(source).alias("source"), pl.lit(load_id, pl.Int64).alias("load_id")
    )
    layouts: dict[str, Layout] = {"source": "text", "load_id": "int"}
    for name, kind in columns.items():
        layouts[name] = "int4" if _is_narrow(table, name) else kind
    with filling(connection, table, frame.height):
        copy_frame(connection, sql.Identifier(str(table.schema), table.name), stamped, layouts)


def _is_narrow(table: Table, name: str) -> bool:
    kind = table.columns[name].type
    return isinstance(kind, Integer) and not isinstance(kind, BigInteger)


def encode_rows(frame: pl.DataFrame, columns: Mapping[str, Layout]) -> Bytes:
    """Return rows in PGCOPY's binary layout: a count of fields, then length and bytes of each.

    What has one width in every row is laid side by side in one array; Arrow then joins these
    arrays and the columns of varying width, row by row.
    """
    if frame.is_empty():
        return np.empty(0, dtype=np.uint8)
    side_by_side = [np.full(frame.height, len(columns), dtype=">i2")]
    pieces: list[pa.LargeBinaryArray] = []
    for name, layout in columns.items():
        column = _encode(frame, name, layout)
        if isinstance(column, _Fixed):
            width = column.values.dtype.itemsize
            side_by_side += [np.full(frame.height, width, dtype=">i4"), column.values]
        else:
            pieces += [_as_one([*side_by_side, column.lengths.astype(">i4")]), column.content]
            side_by_side = []
    if side_by_side:
        pieces.append(_as_one(side_by_side))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
    return _content_of(joined)


def _as_one(fields: list[npt.NDArray[Any]]) -> pa.LargeBinaryArray:
    """Return arrays of fixed widths as one array, their bytes side by side."""
    rows = np.empty(len(fields[0]), dtype=[(str(i), each.dtype) for i, each in enumerate(fields)])
    for i, each in enumerate(fields):
        rows[str(i)] = each
    return _binary(rows, np.full(len(rows), rows.dtype.itemsize))


def _binary(content: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> pa.LargeBinaryArray:
    """Return bytes that follow one another as an array of values of the given lengths."""
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(content))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(lengths), buffers)


def _content_of(array: pa.LargeBinaryArray) -> Bytes:
    _, offsets, content = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset :][: len(array) + 1]
    return np.frombuffer(content or b"", dtype=np.uint8)[ends[0] : ends[-1]]


def _encode(frame: pl.DataFrame, name: str, layout: Layout) -> _Fixed | _Variable:
    if name not in frame.columns:
        return _points(frame)
    return _ENCODERS[layout](frame[name])


def _with_nulls(values: npt.NDArray[Any], is_null: npt.NDArray[np.bool_]) -> _Fixed | _Variable:
    if not is_null.any():
        return _Fixed(values)
    lengths = np.where(is_null, -1, values.dtype.itemsize)
    return _Variable(_binary(values[~is_null], np.maximum(lengths, 0)), lengths)


def _number(dtype: str) -> Callable[[pl.Series], _Fixed | _Variable]:
    def encode(series: pl.Series) -> _Fixed | _Variable:
        values = series.fill_null(0).to_numpy().astype(dtype)
        return _with_nulls(values, series.is_null().to_numpy())

    return encode


def _int4(series: pl.Series) -> _Fixed | _Variable:
    """Refuse what four bytes cannot hold: the cast would silently truncate it."""
    beyond = series.filter(~series.is_between(_INT4.min, _INT4.max))
    if not beyond.is_empty():
        raise LoadError(f"{series.name}: {beyond[0]}: integer out of range")
    return _number(">i4")(series)


def _time(series: pl.Series) -> _Fixed | _Variable:
    return _number(">i8")(series.cast(pl.Datetime("us")).cast(pl.Int64) - _EPOCH_2000_US)


def _date(series: pl.Series) -> _Fixed | _Variable:
    return _number(">i4")(series.cast(pl.Date).cast(pl.Int32) - _EPOCH_2000_DAYS)


def _boolean(series: pl.Series) -> _Fixed | _Variable:
    return _number("u1")(series.cast(pl.UInt8))


def _text(series: pl.Series) -> _Variable:
    return _bytes(series.cast(pl.String).cast(pl.Binary))


def _json(series: pl.Series) -> _Variable:
    """Prefix the version byte of jsonb's binary form."""
    text = series.to_frame("text").select(pl.concat_str(pl.lit("\x01"), pl.col("text")))
    return _text(text.to_series())


def _bytes(series: pl.Series) -> _Variable:
    array = series.fill_null(b"").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    content = array.cast(pa.large_binary())
    lengths = pc.binary_length(content).to_numpy()
    return _Variable(content, np.where(series.is_null().to_numpy(), -1, lengths))


def _points(frame: pl.DataFrame) -> _Fixed | _Variable:
    is_null = frame[X].is_null().to_numpy() | frame[Y].is_null().to_numpy()
    points = np.zeros(frame.height, dtype=_EWKB_POINT)
    points["order"], points["type"], points["srid"] = 1, _EWKB_TYPE_POINT_WITH_SRID, 4326
    points["xy"] = np.column_stack([frame[X].to_numpy(), frame[Y].to_numpy()])
    return _with_nulls(points, is_null)


_ENCODERS: dict[Layout, Callable[[pl.Series], _Fixed | _Variable]] = {
    "text": _text,
    "int": _number(">i8"),
    "int4": _int4,
    "float": _number(">f8"),
    "bool": _boolean,
    "time": _time,
    "date": _date,
    "json": _json,
    "geometry": _bytes,
}
