import numpy as np
import polars as pl

from layers.maps.encoding import align, decode_column, empty_column, encode_cells, encode_column
from layers.states.status import Status

CELLS = np.array([10, 20, 30, 613359701817556991], dtype=np.int64)


def frame(keys, values, status):
    return pl.DataFrame(
        {"key": keys, "value": values, "status": status},
        schema={"key": pl.Int64, "value": pl.Float64, "status": pl.Int8},
    )


def empty(covered):
    return empty_column(np.array(covered), 0.0, Status.ZERO_TRUE)


def test_cells_are_unsigned_64_bit_little_endian():
    content = encode_cells(CELLS)
    assert content[:8] == b"\x0a" + bytes(7)
    assert np.frombuffer(content, dtype="<u8").tolist() == CELLS.tolist()


def test_values_come_back_in_the_order_of_the_cells():
    read = frame([613359701817556991, 20], [2.5, None], [Status.OK, Status.NA_DENOMINATOR])
    values, status = decode_column(encode_column(*align(CELLS, read, *empty([True] * 4))))
    assert values.tolist()[0] == 0
    assert np.isnan(values[1])
    assert values[3] == 2.5
    assert status.tolist() == [1, 3, 1, 0]


def test_a_cell_without_row_and_coverage_is_unknown():
    values, status = align(CELLS, frame([], [], []), *empty([False] * 4))
    assert np.isnan(values).all()
    assert set(status.tolist()) == {Status.NO_DATA}


def test_a_record_beyond_the_boundaries_does_no_harm():
    read = frame([5, 25, 613359701817556992], [1.0, 1.0, 1.0], [0, 0, 0])
    values, status = align(CELLS, read, *empty([True] * 4))
    assert (values.tolist(), set(status.tolist())) == ([0, 0, 0, 0], {Status.ZERO_TRUE})


def test_an_area_without_cells_is_empty():
    nothing = np.empty(0, dtype=np.int64)
    column = align(nothing, frame([5], [1.0], [0]), *empty(np.empty(0, dtype=bool)))
    assert encode_column(*column) == b""
