"""Query results as Polars frames, faster than fetching rows: by COPY or column by column."""

from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from polars.datatypes import DataType
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Select,
    cast,
    func,
    literal_column,
    select,
)

Schema = dict[str, DataType | type[DataType]]


def read_frame(connection: Connection, statement: Select[Any], schema: Schema) -> pl.DataFrame:
    """Run a statement and return its rows; `schema` names and types its columns, in order.

    Values stay bound: the driver quotes them into the COPY statement, which takes no parameters.
    """
    compiled = statement.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101
    with driver.cursor() as cursor:
        copy = f"COPY ({compiled.string}) TO STDOUT (FORMAT csv)"
        with cursor.copy(copy, compiled.params) as rows:
            content = b"".join(rows)
    if not content:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(BytesIO(content), has_header=False, new_columns=list(schema), schema=schema)


def read_columns(connection: Connection, statement: Select[Any], schema: Schema) -> pl.DataFrame:
    """Return a frame of numbers, column by column as bytes: COPY costs a call a row, this does not.

    Integers must not be null; a null float stays null. `schema` names and types the columns in
    order.
    """
    rows = statement.subquery()
    floats = [kind in (pl.Float64, pl.Float32) for kind in schema.values()]
    packed = [
        _packed_floats(column) if is_float else _packed_integers(column)
        for column, is_float in zip(rows.c, floats, strict=True)
    ]
    contents = connection.execute(select(*packed)).one()
    columns = {
        name: np.frombuffer(content or b"", dtype=">f8" if is_float else ">i8")
        for name, content, is_float in zip(schema, contents, floats, strict=True)
    }
    native = {name: each.astype(each.dtype.newbyteorder("=")) for name, each in columns.items()}
    return (
        pl.DataFrame(native).cast(pl.Schema(schema)).with_columns(pl.col(pl.Float64).fill_nan(None))
    )


def _packed_integers(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    return func.string_agg(func.int8send(cast(column, BigInteger)), literal_column("''::bytea"))


def _packed_floats(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    known = func.coalesce(cast(column, Double), literal_column("'NaN'::float8"))
    return func.string_agg(func.float8send(known), literal_column("''::bytea"))
