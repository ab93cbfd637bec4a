"""COPY BINARY: frames as the bytes PostgreSQL loads fastest, laid out without a loop over rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
import pyarrow as pa
from psycopg import sql

from etl.place import X, Y
from etl.targets import Kind

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
_TRAILER = b"\xff\xff"
_EPOCH_2000_US = 946_684_800_000_000
_EPOCH_2000_DAYS = 10_957
_ROWS_PER_CHUNK = 200_000
_EWKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("xy", "<f8", 2)])
_EWKB_TYPE_POINT_WITH_SRID = 0x20000001


@dataclass(frozen=True)
class _Column:
    """A column's values as bytes one after another, and the length of each; -1 is null."""

    content: Bytes
    lengths: Offsets


def copy_frame(
    connection: psycopg.Connection[Any], table: str, frame: pl.DataFrame, columns: dict[str, Kind]
) -> None:
    """Append the frame to a table; `columns` names what is written and its kind.

    A geometry column that the frame lacks is a point made of `@x` and `@y`.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table), names
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        for chunk in frame.iter_slices(_ROWS_PER_CHUNK):
            copy.write(encode_rows(chunk, columns).tobytes())
        copy.write(_TRAILER)


def encode_rows(frame: pl.DataFrame, columns: dict[str, Kind]) -> Bytes:
    """Return rows in PGCOPY's binary layout: a count of fields, then length and bytes of each."""
    encoded = [_encode(frame, name, kind) for name, kind in columns.items()]
    sizes = np.full(frame.height, 2, dtype=np.int64)
    for column in encoded:
        sizes += 4 + np.maximum(column.lengths, 0)
    ends = np.cumsum(sizes)
    buffer = np.zeros(int(ends[-1]) if frame.height else 0, dtype=np.uint8)
    position = ends - sizes
    _scatter(buffer, position, np.full(frame.height, len(encoded), dtype=">i2"))
    position = position + 2
    for column in encoded:
        _scatter(buffer, position, column.lengths.astype(">i4"))
        position = position + 4
        _scatter_variable(buffer, position, column)
        position = position + np.maximum(column.lengths, 0)
    return buffer


def _scatter(buffer: Bytes, position: Offsets, values: npt.NDArray[Any]) -> None:
    """Write values of one width at the given positions."""
    width = values.dtype.itemsize
    content = np.ascontiguousarray(values).view(np.uint8).reshape(-1, width)
    for byte in range(width):
        buffer[position + byte] = content[:, byte]


def _scatter_variable(buffer: Bytes, position: Offsets, column: _Column) -> None:
    lengths = np.maximum(column.lengths, 0)
    if lengths.size == 0 or column.content.size == 0:
        return
    starts = np.cumsum(lengths) - lengths
    if lengths.min() == lengths.max():
        width = int(lengths[0])
        _scatter(buffer, position, column.content.reshape(-1, width).view(f"V{width}")[:, 0])
        return
    shift = np.repeat(position - starts, lengths)
    buffer[shift + np.arange(column.content.size)] = column.content


def _encode(frame: pl.DataFrame, name: str, kind: Kind) -> _Column:
    if name not in frame.columns:
        return _points(frame)
    return _ENCODERS[kind](frame[name])


def _fixed(values: npt.NDArray[Any], is_null: npt.NDArray[np.bool_]) -> _Column:
    width = values.dtype.itemsize
    lengths = np.where(is_null, -1, width).astype(np.int64)
    content = np.ascontiguousarray(values[~is_null]).view(np.uint8)
    return _Column(content.reshape(-1), lengths)


def _number(dtype: str) -> Callable[[pl.Series], _Column]:
    def encode(series: pl.Series) -> _Column:
        values = series.fill_null(0).to_numpy().astype(dtype)
        return _fixed(values, series.is_null().to_numpy())

    return encode


def _time(series: pl.Series) -> _Column:
    return _number(">i8")(series.cast(pl.Datetime("us")).cast(pl.Int64) - _EPOCH_2000_US)


def _date(series: pl.Series) -> _Column:
    return _number(">i4")(series.cast(pl.Date).cast(pl.Int32) - _EPOCH_2000_DAYS)


def _boolean(series: pl.Series) -> _Column:
    return _number("u1")(series.cast(pl.UInt8))


def _text(series: pl.Series) -> _Column:
    return _variable(series.cast(pl.String).cast(pl.Binary))


def _json(series: pl.Series) -> _Column:
    """Prefix the version byte of jsonb's binary form."""
    text = series.to_frame("text").select(pl.concat_str(pl.lit("\x01"), pl.col("text")))
    return _text(text.to_series())


def _variable(series: pl.Series) -> _Column:
    array = series.fill_null(b"").to_arrow().cast(pa.large_binary())
    _, offsets, content = array.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[array.offset :][: len(array) + 1]
    stored = np.frombuffer(content or b"", dtype=np.uint8)[bounds[0] : bounds[-1]]
    lengths = np.where(series.is_null().to_numpy(), -1, np.diff(bounds))
    return _Column(stored, lengths)


def _points(frame: pl.DataFrame) -> _Column:
    is_null = frame[X].is_null().to_numpy() | frame[Y].is_null().to_numpy()
    points = np.zeros(frame.height, dtype=_EWKB_POINT)
    points["order"], points["type"], points["srid"] = 1, _EWKB_TYPE_POINT_WITH_SRID, 4326
    points["xy"] = np.column_stack([frame[X].to_numpy(), frame[Y].to_numpy()])
    return _fixed(points, is_null)


_ENCODERS: dict[Kind, Callable[[pl.Series], _Column]] = {
    "text": _text,
    "int": _number(">i8"),
    "float": _number(">f8"),
    "bool": _boolean,
    "time": _time,
    "date": _date,
    "json": _json,
    "geometry": _variable,
}
