"""An empty table filled with its indexes built afterwards, in one transaction with the rows."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import psycopg
import pytest
from sqlalchemy import Engine, text

from etl.load import indexes
from etl.load.copy_binary import copy_records
from etl.load.indexes import filling
from etl.load.records import driver
from etl.source.record_types import Kind
from geodata.tables import incident

COLUMNS: dict[str, Kind] = {
    "record_id": "text", "event_id": "text", "channel": "text", "received_at": "time",
}  # fmt: skip
INDEXES = text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'incident' ORDER BY 1")


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[None]:
    monkeypatch.setattr(indexes, "ROWS_MIN", 3)
    yield
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.incident"))


def _calls(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"record_id": names, "event_id": names}).with_columns(
        channel=pl.lit("119"), received_at=pl.lit(datetime(2026, 10, 1, tzinfo=UTC))
    )


def _copy(engine: Engine, frame: pl.DataFrame, load_id: int = 1) -> None:
    with engine.begin() as connection:
        copy_records(driver(connection), incident, frame, COLUMNS, ("test", load_id))


def _records(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        found = connection.scalars(text("SELECT record_id FROM ops.incident ORDER BY 1"))
        return list(found)


def _indexes(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(INDEXES)]


def _locks(connection: psycopg.Connection) -> list[str]:
    return [
        mode
        for (mode,) in connection.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'ops.incident'::regclass "
            "AND pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'"
        )
    ]


def test_the_indexes_wait_and_are_the_same_afterwards(engine: Engine) -> None:
    before = _indexes(engine)
    assert len(before) > 3
    with engine.begin() as connection:
        with filling(driver(connection), incident, 3) as waits:
            inside = connection.execute(INDEXES).all()
        assert waits
        assert [name for name, _ in inside] == ["pk_incident"]
    assert _indexes(engine) == before
    _copy(engine, _calls("a", "b", "c"))
    assert _records(engine) == ["a", "b", "c"]
    assert _indexes(engine) == before


def test_a_repeated_key_takes_everything_back(engine: Engine) -> None:
    before = _indexes(engine)
    with pytest.raises(psycopg.errors.UniqueViolation):
        _copy(engine, _calls("a", "b", "b"))
    assert _records(engine) == []
    assert _indexes(engine) == before


def test_serial_numbers_go_on(engine: Engine) -> None:
    """What was numbered before, and is gone, never lends its number to another record."""
    _copy(engine, _calls("a", "b", "c"))
    with engine.begin() as connection:
        last = connection.execute(text("DELETE FROM ops.incident RETURNING incident_id")).scalars()
        highest = max(last)
    _copy(engine, _calls("d", "e", "f"))
    with engine.connect() as connection:
        lowest = connection.execute(text("SELECT min(incident_id) FROM ops.incident")).scalar_one()
    assert lowest > highest


@pytest.mark.parametrize(("there", "rows"), [((), 2), (("x",), 3), (("x", "y", "z"), 3)])
def test_few_rows_and_rows_beside_others_keep_readers_going(
    engine: Engine, there: tuple[str, ...], rows: int
) -> None:
    _copy(engine, _calls(*there))
    before = _indexes(engine)
    with engine.begin() as connection:
        raw = driver(connection)
        with filling(raw, incident, rows) as waits:
            assert [tuple(row) for row in connection.execute(INDEXES)] == before
        assert not waits
        assert _locks(raw) == []
    assert _records(engine) == list(there)


def test_a_load_that_came_first_gives_the_lock_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were committed while it waited for the lock stay, and readers are let in."""
    answers = iter([False, True])  # before and after the lock
    monkeypatch.setattr(indexes, "_has_rows", lambda *_: next(answers))
    with engine.begin() as connection:
        raw = driver(connection)
        with filling(raw, incident, 3) as waits:
            pass
        assert not waits
        assert _locks(raw) == []
