"""The rows of a table that the reader may see, as conditions in SQL, and who says whose they are.

A transaction of the reader begins with `occ.districts`: '*' or the caller's districts, signed with
a key that no reader has (see the migration 0026). It lasts as long as the transaction, so that a
connection given back to the pool says nothing, and whoever says nothing sees nothing.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import Connection

from geodata.errors import RequestError
from geodata.tables import SCHEMA
from geodata.tables.rights import READER_ROWS, Rows, reader_rows

WHOLE_CITY = ("*",)
POLICY = "reader_rows"
_OPTION = "occ_sign"  # of an engine: how its transactions say whose rows they may see
# A query of its own is asked once a statement, not once a row.
_ASKED = "(SELECT rights.readable_districts())"
_WHOLE = "(SELECT '*' = ANY (rights.readable_districts()))"

Districts = Callable[[], tuple[str, ...]]
Sign = Callable[[], str]


def condition(table: str) -> str | None:
    """Return the condition of the rows that the reader sees; None where it sees all."""
    match reader_rows(table):
        case Rows.BY_DISTRICT:
            return f"{_WHOLE} OR district_id = ANY ({_ASKED}::text[])"
        case Rows.OF_CALLS:
            both = " AND ".join(
                f"EXISTS (SELECT FROM {SCHEMA}.incident call WHERE call.source = {each}_source "
                f"AND call.record_id = {each}_record_id "
                f"AND call.district_id = ANY ({_ASKED}::text[]))"
                for each in ("first", "second")
            )
            return f"{_WHOLE} OR ({both})"
        case Rows.WHOLE_CITY:
            return _WHOLE
    return None


def policy_statements() -> list[str]:
    """Return the DDL of the policies; the owner of a table and the writer are not bound by them."""
    statements = []
    for table in sorted(READER_ROWS):
        rows = condition(table)
        if rows is not None:
            name = f"{SCHEMA}.{table}"
            statements += [
                f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
                f"DROP POLICY IF EXISTS {POLICY} ON {name}",
                f"CREATE POLICY {POLICY} ON {name} FOR SELECT USING ({rows})",
            ]
    return statements


def read_key(engine: Engine) -> str:
    """Return the key that signs districts; only the owner and the writer may read it."""
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT key FROM rights.row_key")).scalar_one())


def sign(key: str, districts: tuple[str, ...]) -> str:
    """Return what a transaction says: the signature of the districts, and the districts.

    Raises:
        RequestError: an identifier holds a comma, which separates them.
    """
    if any("," in each for each in districts):
        raise RequestError("a district's identifier holds no comma")
    listed = ",".join(districts)
    return f"{sha256(f'{key}:{listed}:{key}'.encode()).hexdigest()}:{listed}"


def show_rows(reader: Engine, writer: Engine, districts: Districts) -> None:
    """Let each transaction of the reader see the rows of the districts asked for at its begin.

    The key is read by the writer, when it is first needed.
    """
    key = cache(lambda: read_key(writer))
    reader.update_execution_options(**{_OPTION: lambda: sign(key(), districts())})
    event.listen(reader, "begin", _tell_districts)


def show_same_rows(engine: Engine, like: Engine) -> None:
    """Let an engine made from another one's address see the same rows."""
    said = like.get_execution_options().get(_OPTION)
    if said is not None:
        engine.update_execution_options(**{_OPTION: said})
        event.listen(engine, "begin", _tell_districts)


def _tell_districts(connection: Connection) -> None:
    said: Sign = connection.get_execution_options()[_OPTION]
    driver: Any = connection.connection.driver_connection
    driver.execute("SELECT set_config('occ.districts', %s, true)", [said()])
