"""The binary layouts in which cells and their values are sent to the browser."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from geodata.space.grid import Cells
from layers.states.status import Status

Statuses = NDArray[np.uint8]


def encode_cells(cells: Cells) -> bytes:
    """Return the cells as unsigned 64-bit integers, little-endian."""
    return cells.astype("<u8").tobytes()


def encode_column(values: NDArray[np.float32], status: Statuses) -> bytes:
    """Return n float32, little-endian, NaN where there is no value, followed by n status bytes."""
    return values.astype("<f4").tobytes() + status.tobytes()


def encode_arrow(
    cells: Cells, values: NDArray[np.float32], status: Statuses, said: Mapping[str, str]
) -> bytes:
    """Return an Arrow IPC stream of cell (uint64), value (null where there is none) and status.

    What is `said` of the numbers goes with them as the metadata of the schema.
    """
    frame = pl.DataFrame({"cell": cells.astype(np.uint64), "value": values, "status": status})
    table = frame.with_columns(pl.col("value").fill_nan(None)).to_arrow()
    table = table.replace_schema_metadata(dict(said))
    stream = BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def decode_column(content: bytes) -> tuple[NDArray[np.float32], Statuses]:
    """Return the values and statuses that `encode_column` wrote."""
    count = len(content) // 5
    values = np.frombuffer(content, dtype="<f4", count=count)
    return values, np.frombuffer(content, dtype=np.uint8, offset=4 * count)


def align(
    cells: Cells, values: pl.DataFrame, empty: NDArray[np.float32], empty_status: Statuses
) -> tuple[NDArray[np.float32], Statuses]:
    """Return value and status of each cell of an ascending list.

    `values` holds key, value and status; keys outside the list are left out (a record beyond the
    boundaries has a cell too). `empty` and `empty_status` are for cells without a row.
    """
    column, status = empty.astype(np.float32), empty_status.astype(np.uint8)
    if len(cells) == 0 or values.is_empty():
        return column, status
    keys = values["key"].to_numpy()
    at = np.minimum(np.searchsorted(cells, keys), len(cells) - 1)
    listed = cells[at] == keys
    known = values["value"].cast(pl.Float32).fill_null(float("nan")).to_numpy()
    column[at[listed]] = known[listed]
    status[at[listed]] = values["status"].to_numpy()[listed].astype(np.uint8)
    return column, status


def empty_column(
    covered: NDArray[np.bool_], covered_value: float, covered_status: Status
) -> tuple[NDArray[np.float32], Statuses]:
    """Return the value and status of cells without a row: those of covered cells, else no data."""
    value = np.where(covered, np.float32(covered_value), np.float32("nan")).astype(np.float32)
    status = np.where(covered, covered_status, Status.NO_DATA).astype(np.uint8)
    return value, status
