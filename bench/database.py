"""A database for the duration of a benchmark, on the server of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
from sqlalchemy import Engine, insert, text

from bench.sample import FIRST
from etl.batch import X
from etl.load.copy_binary import copy_records
from etl.load.records import driver
from etl.source.record_types import RECORD_TYPES, Kind
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.engine import connect
from geodata.database.engines import administrator_url, get_engines
from geodata.database.migrate import upgrade
from geodata.settings import get_settings
from geodata.space.districts import load_districts
from geodata.tables import incident, load

NAME = "occ_bench"
SOURCE = "bench"
_LONGEST = "30min"  # of one statement: a stage that hangs fails, earlier results are kept


@contextmanager
def open_database(city: City, *, is_copy: bool = False) -> Iterator[Engine]:
    """Create a database with the schema and the districts, and drop it at the end.

    A copy has all that the program's own database holds; nobody else may be connected to that.
    """
    url, own = administrator_url(get_settings()), get_engines(get_settings()).owner.url.database
    server = connect(url.set(database="postgres")).execution_options(isolation_level="AUTOCOMMIT")
    _run(server, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    like = f' TEMPLATE "{own}"' if is_copy else ""
    _run(server, f"CREATE DATABASE {NAME}{like}")
    _run(server, f"ALTER DATABASE {NAME} SET statement_timeout = '{_LONGEST}'")
    engine = connect(server.url.set(database=NAME))
    try:
        upgrade(engine)
        with engine.begin() as connection:
            load_districts(connection, city)
        yield engine
    finally:
        engine.dispose()
        _run(server, f"DROP DATABASE {NAME} WITH (FORCE)")


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))


def columns_of(frame: pl.DataFrame) -> dict[str, Kind]:
    """Return the columns of `incident` that the frame fills."""
    has_point = X in frame.columns
    return {
        name: kind
        for name, kind in RECORD_TYPES["incident"].columns.items()
        if name in frame.columns or (name == "geom" and has_point)
    }


def load_incidents(engine: Engine, frame: pl.DataFrame) -> int:
    """Write incidents with the load that brought them; return its number."""
    at = now()
    row = {
        "source": SOURCE, "table_name": "incident", "file": SOURCE, "sha256": SOURCE,
        "status": "loaded", "provenance": "simulated", "owner": SOURCE, "licence": "CC0-1.0",
        "started_at": at, "finished_at": at, "rows_in": frame.height, "rows_loaded": frame.height,
        "rows_rejected": 0, "records": frame.height,
        "event_from": FIRST, "event_to": frame["received_at"].max(),
    }  # fmt: skip
    with engine.begin() as connection:
        statement = insert(load).values(row).returning(load.c.load_id)
        load_id = int(connection.execute(statement).scalar_one())
        copy_records(driver(connection), incident, frame, columns_of(frame), (SOURCE, load_id))
    return load_id
