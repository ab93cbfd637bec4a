import struct
from datetime import UTC, date, datetime

import polars as pl
import shapely
from hypothesis import given
from hypothesis import strategies as st

from etl.batch import X, Y
from etl.load.copy_binary import encode_rows

COLUMNS = {
    "t": "text", "i": "int", "f": "float", "b": "bool", "at": "time", "on": "date", "j": "json",
    "geom": "geometry",
}  # fmt: skip


def decode(content: bytes):
    """Read PGCOPY rows back, field by field, as PostgreSQL does."""
    rows, position = [], 0
    while position < len(content):
        (count,) = struct.unpack_from(">h", content, position)
        position += 2
        fields = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", content, position)
            position += 4
            fields.append(None if length < 0 else content[position : position + max(length, 0)])
            position += max(length, 0)
        rows.append(fields)
    return rows


def test_every_kind_is_laid_out_as_postgresql_reads_it():
    frame = pl.DataFrame(
        {
            "t": ["朝阳"], "i": [-5], "f": [1.5], "b": [True],
            "at": [datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC)], "on": [date(2000, 1, 3)],
            "j": ["{}"], X: [125.5], Y: [43.5],
        }
    )  # fmt: skip
    (fields,) = decode(encode_rows(frame, COLUMNS).tobytes())
    assert fields[0].decode() == "朝阳"
    assert struct.unpack(">q", fields[1]) == (-5,)
    assert struct.unpack(">d", fields[2]) == (1.5,)
    assert fields[3] == b"\x01"
    assert struct.unpack(">q", fields[4]) == (1_000_000,)
    assert struct.unpack(">i", fields[5]) == (2,)
    assert fields[6] == b"\x01{}"
    point = shapely.from_wkb(fields[7])
    assert (point.x, point.y, shapely.get_srid(point)) == (125.5, 43.5, 4326)


def test_nulls_have_no_bytes():
    schema = {
        "t": pl.String, "i": pl.Int64, "f": pl.Float64, "b": pl.Boolean,
        "at": pl.Datetime("us", "UTC"), "on": pl.Date, "j": pl.String, X: pl.Float64, Y: pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame([[None] * len(schema)], schema=schema, orient="row")
    assert decode(encode_rows(frame, COLUMNS).tobytes()) == [[None] * len(COLUMNS)]
    assert encode_rows(frame.clear(), COLUMNS).size == 0


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(max_size=5),
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | st.binary(max_size=4),
        ),
        max_size=8,
    )
)
def test_mixed_lengths_and_nulls_come_back(rows):
    frame = pl.DataFrame(rows, schema={"t": pl.String, "i": pl.Int64, "g": pl.Binary}, orient="row")
    columns = {"t": "text", "i": "int", "g": "geometry"}
    back = [
        (
            None if text is None else text.decode(),
            None if number is None else struct.unpack(">q", number)[0],
            binary,
        )
        for text, number, binary in decode(encode_rows(frame, columns).tobytes())
    ]
    assert back == rows
