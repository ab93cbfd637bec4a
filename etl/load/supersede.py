"""The statements that load staged records into a target table and retire those they supersede."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from etl.batch import KNOWN_ALREADY, REJECT_SCHEMA
from etl.source.record_types import Kind, RecordType

STAGING = "occ_staging"
STAGING_ROW = "staging_row"
SQL_TYPES: Mapping[Kind, str] = {
    "text": "text",
    "int": "bigint",
    "float": "double precision",
    "bool": "boolean",
    "time": "timestamptz",
    "date": "date",
    "json": "jsonb",
    "geometry": "geometry",
}

Driver = psycopg.Connection[TupleRow]


class Supersession:
    """Compares the staging table (`s`) with the current records of one source (`t`)."""

    def __init__(
        self, raw: Driver, record_type: RecordType, columns: list[str], source: str, load_id: int
    ) -> None:
        """Prepare for staged `columns` of one load."""
        self.raw = raw
        self._values: dict[str, Any] = {"source": source, "load_id": load_id}
        key = [name for name in record_type.key if name in columns]
        others = [name for name in columns if name not in key]
        self._parts: dict[str, sql.Composable] = {
            "target": sql.Identifier(record_type.table.name),
            "staging": sql.Identifier(STAGING),
            "row": sql.Identifier(STAGING_ROW),
            "columns": name_list(columns),
            "mine": sql.SQL("t.source = %(source)s AND t.retired_by IS NULL"),
            "same_key": sql.SQL(" AND ").join(equal_key(record_type, name) for name in key),
            "theirs": name_list(others, "t"),
            "ours": name_list(others, "s"),
        }

    def run(self, statement: LiteralString, **parts: sql.Composable) -> psycopg.Cursor[TupleRow]:
        """Run a statement with parts for names in braces; `mine` are the current records `t`."""
        return self.raw.execute(sql.SQL(statement).format(**self._parts, **parts), self._values)

    def has_current(self) -> bool:
        """Return whether the source has any current record."""
        found = self.run("SELECT FROM {target} t WHERE {mine} LIMIT 1")
        return found.fetchone() is not None

    def outdated(self) -> pl.DataFrame:
        """Return the staged rows whose revision is older than the current record's."""
        found = self.run(
            "SELECT s.{row}, t.revision FROM {staging} s JOIN {target} t ON {same_key}"
            " WHERE {mine} AND s.revision < t.revision"
        ).fetchall()
        rows = [(row, "revision", f"revision {known} {KNOWN_ALREADY}") for row, known in found]
        return pl.DataFrame(rows, schema=REJECT_SCHEMA, orient="row")

    def drop_staged(self, rows: list[int]) -> None:
        """Delete rows from the staging table."""
        self._values["rows"] = rows
        self.run("DELETE FROM {staging} WHERE {row} = ANY(%(rows)s)")

    def mark_unchanged(self, absent: Sequence[str]) -> int:
        """Mark staged records that equal the current ones; they are not written.

        A current record that has a value in a column `absent` from the file is not equal to it.
        """
        self.run("ALTER TABLE {staging} ADD COLUMN is_same boolean NOT NULL DEFAULT false")
        blank = [sql.SQL("t.{} IS NULL").format(sql.Identifier(name)) for name in absent]
        return self.run(
            "UPDATE {staging} s SET is_same = true FROM {target} t"
            " WHERE {mine} AND {same_key} AND ({theirs}) IS NOT DISTINCT FROM ({ours}) AND {blank}",
            blank=sql.SQL(" AND ").join([sql.SQL("true"), *blank]),
        ).rowcount

    def retire_changed(self) -> int:
        """Retire the current records that a staged one with other values supersedes."""
        return self.run(
            "UPDATE {target} t SET retired_by = %(load_id)s FROM {staging} s"
            " WHERE {mine} AND {same_key}"
            " AND NOT s.is_same"
        ).rowcount

    def insert(self) -> int:
        """Add the staged records that are new or changed."""
        return self.run(
            "INSERT INTO {target} (source, load_id, {columns})"
            " SELECT %(source)s, %(load_id)s, {columns} FROM {staging} WHERE NOT is_same"
        ).rowcount


def equal_key(record_type: RecordType, name: str) -> sql.Composed:
    """Compare a key column of `t` and `s`; where it may be null, two nulls are one key."""
    nullable = record_type.table.columns[name].nullable
    operator = sql.SQL("IS NOT DISTINCT FROM" if nullable else "=")
    return sql.SQL("t.{0} {1} s.{0}").format(sql.Identifier(name), operator)


def name_list(names: Sequence[str], alias: str = "") -> sql.Composed:
    """Return columns separated by commas, of a table by its alias."""
    return sql.SQL(", ").join(
        sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names
    )
