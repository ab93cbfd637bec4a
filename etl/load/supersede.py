"""The statements that load staged records into a target table and retire those they supersede."""

from typing import Any, LiteralString

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from etl.batch import REJECT_SCHEMA
from etl.source.record_types import RecordType

STAGING = "occ_staging"
STAGING_ROW = "staging_row"

Driver = psycopg.Connection[TupleRow]


class Supersession:
    """Compares the staging table (`s`) with the current records of one source (`t`)."""

    def __init__(
        self, raw: Driver, record_type: RecordType, columns: list[str], source: str, load_id: int
    ) -> None:
        """Prepare for staged `columns` of one load."""
        self._raw = raw
        self._values: dict[str, Any] = {"source": source, "load_id": load_id}
        key = [name for name in record_type.key if name in columns]
        others = [name for name in columns if name not in key]
        self._parts: dict[str, sql.Composable] = {
            "target": sql.Identifier(record_type.table.name),
            "staging": sql.Identifier(STAGING),
            "row": sql.Identifier(STAGING_ROW),
            "columns": _list(columns),
            "same_key": sql.SQL(" AND ").join(_equal(record_type, name) for name in key),
            "theirs": _list(others, "t"),
            "ours": _list(others, "s"),
        }

    def _run(self, statement: LiteralString, **parts: sql.Composable) -> psycopg.Cursor[TupleRow]:
        return self._raw.execute(sql.SQL(statement).format(**self._parts, **parts), self._values)

    def has_current(self) -> bool:
        """Return whether the source has any current record."""
        found = self._run(
            "SELECT FROM {target} t WHERE t.source = %(source)s AND t.retired_by IS NULL LIMIT 1"
        )
        return found.fetchone() is not None

    def outdated(self) -> pl.DataFrame:
        """Return the staged rows whose revision is older than the current record's."""
        found = self._run(
            "SELECT s.{row}, t.revision FROM {staging} s JOIN {target} t ON {same_key}"
            " WHERE t.source = %(source)s AND t.retired_by IS NULL AND s.revision < t.revision"
        ).fetchall()
        rows = [(row, "revision", f"revision {known} is already known") for row, known in found]
        return pl.DataFrame(rows, schema=REJECT_SCHEMA, orient="row")

    def drop_staged(self, rows: list[int]) -> None:
        """Delete rows from the staging table."""
        self._values["rows"] = rows
        self._run("DELETE FROM {staging} WHERE {row} = ANY(%(rows)s)")

    def mark_unchanged(self) -> int:
        """Mark staged records that equal the current ones; they are not written."""
        self._run("ALTER TABLE {staging} ADD COLUMN is_same boolean NOT NULL DEFAULT false")
        return self._run(
            "UPDATE {staging} s SET is_same = true FROM {target} t"
            " WHERE t.source = %(source)s AND t.retired_by IS NULL AND {same_key}"
            " AND ({theirs}) IS NOT DISTINCT FROM ({ours})"
        ).rowcount

    def retire_changed(self) -> int:
        """Retire the current records that a staged one with other values supersedes."""
        return self._run(
            "UPDATE {target} t SET retired_by = %(load_id)s FROM {staging} s"
            " WHERE t.source = %(source)s AND t.retired_by IS NULL AND {same_key}"
            " AND NOT s.is_same"
        ).rowcount

    def retire_missing(self, scope: list[str]) -> int:
        """Retire the current records that the new snapshot lacks, within its scope."""
        within = [
            sql.SQL("t.{0} IN (SELECT {0} FROM {1})").format(
                sql.Identifier(name), sql.Identifier(STAGING)
            )
            for name in scope
        ]
        return self._run(
            "UPDATE {target} t SET retired_by = %(load_id)s"
            " WHERE t.source = %(source)s AND t.retired_by IS NULL AND {within}"
            " AND NOT EXISTS (SELECT FROM {staging} s WHERE {same_key})",
            within=sql.SQL(" AND ").join(within) if within else sql.SQL("true"),
        ).rowcount

    def insert(self) -> int:
        """Add the staged records that are new or changed."""
        return self._run(
            "INSERT INTO {target} (source, load_id, {columns})"
            " SELECT %(source)s, %(load_id)s, {columns} FROM {staging} WHERE NOT is_same"
        ).rowcount


def _equal(record_type: RecordType, name: str) -> sql.Composed:
    """Compare a key column; where it may be null, two nulls are one key."""
    nullable = record_type.table.columns[name].nullable
    operator = sql.SQL("IS NOT DISTINCT FROM" if nullable else "=")
    return sql.SQL("t.{0} {1} s.{0}").format(sql.Identifier(name), operator)


def _list(names: list[str], alias: str = "") -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names
    )
