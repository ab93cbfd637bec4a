"""States: all of incident_count against plain SQL and DuckDB, and a refresh after a few calls."""

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import polars as pl
from sqlalchemy import Engine, any_, select, text

from bench.database import load_incidents
from bench.timing import Measure, Table, time_best
from geodata.city.configuration import City
from geodata.tables import state_change
from layers.build.run import build_states, refresh_states
from layers.states.write import WHOLE_MEMORY

KEY = "incident_count"
_FEW = 10
_GROUPED = """
    SELECT channel AS component, date_trunc('day', received_at) AS starts_at,
        coalesce(cell, 0) AS cell, district_id, count(*) AS n, sum(1.0::float8) AS num
    FROM ops.incident
    WHERE retired_by IS NULL AND NOT (is_duplicate OR is_test OR is_cancelled OR is_mutual_aid)
    GROUP BY 1, 2, 3, 4
"""
_PLAIN = f"CREATE TEMPORARY TABLE bench_floor ON COMMIT DROP AS {_GROUPED}"
# the same rows and key by plain SQL, into a new table, so without a log
_BY_HAND = (
    "DROP TABLE IF EXISTS bench_state",
    "CREATE TABLE bench_state (LIKE ops.state INCLUDING DEFAULTS)",
    f"""
    INSERT INTO bench_state
        (indicator, build_id, component, starts_at, cell, district_id, n, n_missing, num)
    SELECT '{KEY}', 1, component, starts_at, cell, district_id, n, 0, num FROM ({_GROUPED}) AS each
    """,
    """
    ALTER TABLE bench_state
        ADD PRIMARY KEY (indicator, starts_at, component, cell, district_id)
    """,
    "ANALYZE bench_state",
)
_DIFFERENT = """
    SELECT count(*) FROM (
        SELECT component, starts_at, cell, district_id, n, num FROM ops.state
        EXCEPT SELECT component, starts_at, cell, district_id, n, num FROM bench_state
    ) AS each
"""
_DUCKDB = """
    CREATE OR REPLACE TABLE bench_state AS
    SELECT channel, date_trunc('day', received_at), cell, district_id, count(*), sum(1.0::float8)
    FROM facts GROUP BY ALL
"""


def bench_states(engine: Engine, city: City, frame: pl.DataFrame) -> Table:
    """Build all states of the incidents in the database, and again after a few new ones."""
    rows = frame.height
    ours = time_best("layers.build.run.build_states, from nothing", rows,
                     lambda: build_states(engine, city, [KEY]), 1)  # fmt: skip
    with engine.connect() as connection:
        states = connection.execute(text("SELECT count(*) FROM ops.state")).scalar_one()
    again = time_best("the same, everything again: no row differs", rows,
                      lambda: build_states(engine, city, [KEY], full=True), 1)  # fmt: skip
    nothing = time_best("the same, nothing new", rows, lambda: build_states(engine, city, [KEY]))
    peers = [
        _by_hand(engine, city, rows, states),
        time_best("floor: GROUP BY into a table without indexes", rows,
                  lambda: _run(engine, city, [_PLAIN]), 1),
        _duckdb(city, frame),
    ]  # fmt: skip
    return Table(
        f"4. Aggregate: {rows:,} incidents, {states:,} states of {KEY}",
        (ours, again, nothing, *peers),
    )


def _by_hand(engine: Engine, city: City, rows: int, states: int) -> Measure:
    """Create the same rows with the same key by SQL alone, and compare the two."""
    name = "PostgreSQL by hand: INSERT .. GROUP BY, then the key"
    done = time_best(name, rows, lambda: _run(engine, city, _BY_HAND), 1)
    with engine.connect() as connection:
        made = connection.execute(text("SELECT count(*) FROM bench_state")).scalar_one()
        different = connection.execute(text(_DIFFERENT)).scalar_one()
    note = "the same rows" if (made, different) == (states, 0) else f"{different:,} rows differ"
    return Measure(done.name, rows, done.seconds, note)


def _run(engine: Engine, city: City, statements: Sequence[str]) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL TimeZone = '{city.timezone}'"))
        connection.execute(text(f"SET LOCAL work_mem = '{WHOLE_MEMORY}'"))
        connection.execute(text(f"SET LOCAL maintenance_work_mem = '{WHOLE_MEMORY}'"))
        for statement in statements:
            connection.execute(text(statement.replace(":", "\\:")))


def _duckdb(city: City, frame: pl.DataFrame) -> Measure:
    facts = frame.select("channel", "received_at", "cell", "district_id").to_arrow()
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{city.timezone}'")
        connection.register("facts", facts)
        return time_best("DuckDB GROUP BY, from and into memory", frame.height,
                          lambda: connection.execute(_DUCKDB), 1)  # fmt: skip


def bench_refresh(engine: Engine, city: City, frame: pl.DataFrame) -> Table:
    """Refresh every indicator of incidents after ten new calls of the last day."""
    build_states(engine, city)
    measures = []
    for name in ("first after the process began", "later"):
        new = frame.tail(_FEW).with_columns(
            record_id=pl.format("{}-{}", pl.lit(name), "record_id"),
            received_at=pl.lit(frame["received_at"].max()) + timedelta(seconds=1),
            closed_at=None,
        )
        number = load_incidents(engine, new)
        touched: list[int] = []

        def refresh(load_id: int = number, touched: list[int] = touched) -> None:
            touched.append(len(refresh_states(engine, city, [load_id])))

        done = time_best(f"layers.build.run.refresh_states, {name}", _FEW, refresh, 1)
        note = f"{touched[0]} indicators, {_computed(engine, number):,} states computed"
        measures.append(Measure(done.name, _FEW, done.seconds, note))
    title = f"5. Refresh: {_FEW} new calls beside {frame.height:,}"
    return Table(title, tuple(reversed(measures)))


def _computed(engine: Engine, load_id: int) -> int:
    c = state_change.c
    with engine.connect() as connection:
        found = connection.scalars(select(c.rows_computed).where(any_(c.load_ids) == load_id))
        return sum(found)
