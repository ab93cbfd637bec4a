"""The record tables of schema `ops` as unbound Ibis tables, which any engine can query."""

from functools import cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, Integer, Text

from geodata.tables import SCHEMA, metadata

_TYPES: dict[type, dt.DataType] = {
    BigInteger: dt.int64,
    Integer: dt.int32,
    Float: dt.float64,
    Boolean: dt.boolean,
    Text: dt.string,
    Date: dt.date,
    DateTime: dt.Timestamp(timezone="UTC", scale=6),
}


def _type_of(column: Column[Any]) -> dt.DataType | None:
    """Return the Ibis type of a column; geometry, JSON and arrays have none here."""
    return _TYPES.get(type(column.type))


@cache
def record_schema(table: str) -> ibis.Schema:
    """Return the plain columns of a table of schema `ops`."""
    columns = metadata.tables[f"{SCHEMA}.{table}"].columns
    types = {column.name: _type_of(column) for column in columns}
    return ibis.schema({name: kind for name, kind in types.items() if kind is not None})


@cache
def record_table(table: str) -> ibis.Table:
    """Return the unbound table; the same expression on it runs on PostgreSQL and on DuckDB."""
    return ibis.table(record_schema(table), name=table, database=SCHEMA)
