"""Records in an in-memory DuckDB, on which measures run as they do in PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import ibis
import polars as pl
import pytest

from layers.build.expression import state_expression
from layers.catalogue.indicator import Indicator
from layers.catalogue.record_tables import record_schema
from layers.states.state import complete_states

ZONE = "Asia/Shanghai"
SNAPSHOT_AT = datetime(2026, 10, 31, 16, tzinfo=UTC)  # 2026-11-01 in Changchun
Row = dict[str, Any]
Run = Callable[[Indicator, dict[str, list[Row]]], pl.DataFrame]

DEFAULTS: dict[str, Row] = {
    "incident": {
        "is_emergency": True,
        "is_cancelled": False,
        "is_mutual_aid": False,
        "is_test": False,
        "is_duplicate": False,
        "district_id": "chaoyang",
        "cell": 1,
        "channel": "119",
    },
    "facility": {"is_active": True, "district_id": "chaoyang", "cell": 1, "load_id": 1},
    "network_sample": {"district_id": "chaoyang", "cell": 1, "kind": "speed_test"},
    "statistic": {"district_id": "chaoyang", "item": ""},
    "population": {"district_id": "chaoyang", "cell": 1, "source": "census", "load_id": 1},
}


@pytest.fixture
def run() -> Iterator[Run]:
    """Return a function: an indicator and rows by table -> its states."""
    connection = duckdb.connect(":memory:")
    backend = ibis.duckdb.from_connection(connection)
    connection.execute(f"SET TimeZone = '{ZONE}'")  # after: the backend sets UTC

    def _run(indicator: Indicator, tables: dict[str, list[Row]]) -> pl.DataFrame:
        for name, rows in tables.items():
            _fill(connection, name, rows)
        frames = [
            backend.to_polars(state_expression(indicator, measure, SNAPSHOT_AT))
            for measure in indicator.measures
            if measure.kind != "function"
        ]
        return complete_states(pl.concat(frames))

    yield _run
    connection.close()


def _fill(connection: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    schema = record_schema(name)
    complete = [{**dict.fromkeys(schema.names), **DEFAULTS.get(name, {}), **row} for row in rows]
    connection.register("incoming", pl.DataFrame(complete, schema=schema.to_polars()).to_arrow())
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")
