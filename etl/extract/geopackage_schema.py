"""What a GeoPackage's layer is made of: stored rows only, none that are computed as they are read.

A view or a computed column of a few words can give rows without end, and texts of any length.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from etl.limits import Limits, check_table
from etl.source.file import SourceFile
from geodata.errors import ExtractError

_LARGEST_VALUE = 256 << 20
_COMPUTED = (2, 3)  # of PRAGMA table_xinfo, as are hidden columns of virtual tables: 1


def check_registers(file: SourceFile, limits: Limits) -> None:
    """Refuse a GeoPackage whose own registers are not tables, before GDAL reads them.

    Raises:
        ExtractError: they are views, or it is damaged.
    """
    with _opened(file) as database:
        sql = "SELECT name FROM sqlite_master WHERE type = 'view' AND lower(name) LIKE 'gpkg%'"
        views = [str(name) for (name,) in database.execute(sql)]
        count = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if views:
        raise ExtractError(f"{file}: its table {views[0]} is a view")
    limits.check(file, "entries", count, f"it holds {count:,} tables and indexes")


def check_layer(file: SourceFile, layer: str, limits: Limits) -> None:
    """Refuse a layer that is computed, or too large.

    Raises:
        ExtractError: it is.
    """
    sql = "SELECT name, type, sql FROM sqlite_master WHERE lower(name) = lower(?)"
    with _opened(file) as database:
        found = database.execute(sql, (layer,)).fetchone()
        if found is None:
            raise ExtractError(f"{file}: has no table '{layer}'")
        name, kind, text = found
        if kind != "table" or str(text).upper().split()[1:2] == ["VIRTUAL"]:
            raise ExtractError(f"{file}: layer '{layer}' is computed, not stored; export it")
        quoted = '"' + str(name).replace('"', '""') + '"'
        columns = database.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
        computed = [each[1] for each in columns if each[-1] in _COMPUTED]
        if computed:
            raise ExtractError(f"{file}: field '{computed[0]}' is computed, not stored; export it")
        rows = database.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608
    check_table(file, rows, len(columns), limits)


@contextmanager
def _opened(file: SourceFile) -> Iterator[sqlite3.Connection]:
    """Yield the database, only to be read; nothing is written beside it either."""
    try:
        if file.path is None:
            database = sqlite3.connect(":memory:")
            database.deserialize(file.content)
        else:
            where = f"file:{quote(str(file.path.resolve()))}?mode=ro&immutable=1"
            database = sqlite3.connect(where, uri=True)
        with closing(database):
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except sqlite3.Error as error:
        raise ExtractError(f"{file}: cannot be read: {error}") from None
