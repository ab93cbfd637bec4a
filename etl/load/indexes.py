"""Fills an empty table with many rows and builds its indexes once, after the rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Table

ROWS_MIN = 100_000  # fewer rows are fast enough with the indexes in place

_REFERRERS = "SELECT FROM pg_constraint WHERE confrelid = %s::regclass LIMIT 1"


@contextmanager
def filling(connection: psycopg.Connection[Any], table: Table, rows: int) -> Iterator[bool]:
    """Write `rows` rows inside; yields whether the indexes are built afterwards.

    They are if the rows are many and the table is empty: it is locked until the transaction ends,
    when there is nothing in it to read, and truncated, so that a server with `wal_level = minimal`
    writes no log of it. Unique indexes are built too, and fail as the single rows would have. In a
    table with rows the indexes stay: readers are not held up.
    """
    if rows < ROWS_MIN or not _claim(connection, table):
        yield False
        return
    # functions of the owner's: the writer may make no index of its own
    connection.execute("SELECT rights.set_indexes_aside(%s)", [table.name])
    yield True
    connection.execute("SELECT rights.build_indexes_set_aside(%s)", [table.name])


def _claim(connection: psycopg.Connection[Any], table: Table) -> bool:
    """Lock and truncate a table without rows; leave any other as it is, and unlocked."""
    name = sql.Identifier(table.name)
    if _has_rows(connection, name) or connection.execute(_REFERRERS, [table.name]).fetchone():
        return False
    with connection.transaction() as attempt:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(name))
        if _has_rows(connection, name):  # another load was first; the rollback releases the lock
            raise psycopg.Rollback(attempt)
        connection.execute(sql.SQL("TRUNCATE {}").format(name))
        return True
    return False


def _has_rows(connection: psycopg.Connection[Any], name: sql.Identifier) -> bool:
    found = connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name))
    return found.fetchone() is not None
