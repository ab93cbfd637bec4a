"""All incidents into `ops.incident` with its indexes, against the database's own copy."""

import polars as pl
from sqlalchemy import Engine, text

from bench.database import SOURCE, columns_of, load_incidents
from bench.timing import Measure, Table, time_best
from etl.load.copy_binary import copy_records
from etl.load.records import driver
from geodata.tables import incident


def bench_loading(engine: Engine, frame: pl.DataFrame) -> Table:
    """Load the incidents that the states are built from; the floor copies the same rows."""
    rows = frame.height
    ours = time_best("etl.load.copy_binary.copy_records into incident", rows,
                     lambda: load_incidents(engine, frame), 1)  # fmt: skip
    ours = Measure(ours.name, rows, ours.seconds, "an empty table; its five indexes included")
    return Table(
        f"3. Load: {rows:,} incidents into the records",
        (
            ours,
            time_best("floor: CREATE TABLE AS of the same rows, no index", rows,
                      lambda: _copy(engine), 1),
            time_best("floor: reading the same rows (count)", rows, lambda: _count(engine)),
            _more(engine, frame),
        ),
    )  # fmt: skip


def _more(engine: Engine, frame: pl.DataFrame) -> Measure:
    """Load a tenth as many, with new keys, to those that are there; taken back afterwards."""
    new = frame.head(frame.height // 10).with_columns(
        record_id=pl.concat_str(pl.lit("more-"), "record_id")
    )

    def load() -> None:
        with engine.connect() as connection:
            copy_records(driver(connection), incident, new, columns_of(new), (SOURCE, 0))
            connection.rollback()

    return time_best("a tenth as many to those that are there", new.height, load, 1)


def _copy(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_copy AS SELECT * FROM incident"))
        connection.execute(text("DROP TABLE bench_copy"))


def _count(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT count(address) FROM incident")).scalar_one()
