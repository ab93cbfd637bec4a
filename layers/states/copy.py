"""Writes states to the database: as CSV made by Polars, without a Python call a row."""

from collections.abc import Mapping
from io import BytesIO

import polars as pl
from polars.datatypes import DataType
from sqlalchemy import Connection

from layers.states.state import STATE_SCHEMA, STORED_ORDER

_ROWS_PER_CHUNK = 100_000
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S%.6f%:z"


def copy_states(
    connection: Connection, into: str, build: Mapping[str, pl.Expr], states: pl.DataFrame
) -> None:
    """Append states to a table; columns as `complete_states` returns them, after those of `build`.

    The rows are in the order of the primary key, so that its index grows at one end.
    """
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101
    columns = ", ".join([*build, *STATE_SCHEMA])
    statement = f"COPY {into} ({columns}) FROM STDIN (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in states.sort(STORED_ORDER).iter_slices(_ROWS_PER_CHUNK):
            copy.write(encode_states(chunk, build))


def encode_states(states: pl.DataFrame, build: Mapping[str, pl.Expr]) -> bytes:
    """Return rows of CSV as PostgreSQL reads them: null is an empty field, no text '""'."""
    fields = {name: _as_field(name, kind) for name, kind in STATE_SCHEMA.items()}
    buffer = BytesIO()
    states.select(**build, **fields).write_csv(
        buffer, include_header=False, datetime_format=_TIME_FORMAT
    )
    return buffer.getvalue()


def _as_field(name: str, kind: DataType) -> pl.Expr:
    """Return a column, a list in braces."""
    if not isinstance(kind, pl.List):
        return pl.col(name)
    items = pl.col(name).cast(pl.List(pl.String)).list.join(",")
    return pl.concat_str(pl.lit("{"), items, pl.lit("}"))
