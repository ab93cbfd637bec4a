"""All incidents into `ops.incident` with its indexes, against the database's own copy."""

import polars as pl
from sqlalchemy import Engine, text

from bench.database import load_incidents
from bench.timing import Measure, Table, time_best


def bench_loading(engine: Engine, frame: pl.DataFrame) -> Table:
    """Load the incidents that the states are built from; the floor copies the same rows."""
    rows = frame.height
    ours = time_best("etl.copy.copy_records into ops.incident", rows,
                     lambda: load_incidents(engine, frame), 1)  # fmt: skip
    ours = Measure(ours.name, rows, ours.seconds, "unique, load, place, time and channel indexes")
    return Table(
        f"3. Load: {rows:,} incidents into the records",
        (
            ours,
            time_best("floor: CREATE TABLE AS of the same rows, no index", rows,
                      lambda: _copy(engine), 1),
            time_best("floor: reading the same rows (count)", rows, lambda: _count(engine)),
        ),
    )  # fmt: skip


def _copy(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_copy AS SELECT * FROM ops.incident"))
        connection.execute(text("DROP TABLE bench_copy"))


def _count(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT count(address) FROM ops.incident")).scalar_one()
