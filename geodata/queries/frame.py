"""Query results as Polars frames, through COPY: several times faster than fetching rows."""

from io import BytesIO
from typing import Any

import polars as pl
from polars.datatypes import DataType
from sqlalchemy import Connection, Select

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
