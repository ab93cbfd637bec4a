"""The stamp of a complete set-up holds until a file or the database changes."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from commands import stamp
from commands.context import CommandContext
from commands.simulated_files import incoming_dir
from geodata.settings import Settings

ADD_LOAD = text(
    "INSERT INTO ops.load (source, table_name, file, sha256, status, provenance, owner, licence,"
    " started_at, finished_at, rows_in, rows_loaded, rows_rejected, records)"
    " VALUES ('s', 'incident', 'f', 'x', 'loaded', 'real', 'o', 'l', now(), now(), 0, 0, 0, 0)"
)

ADD_LOAD_RETURNING = text(f"{ADD_LOAD.text} RETURNING load_id")
ADD_COVERAGE = text(
    "INSERT INTO ops.source_coverage (source, load_id, table_name, starts_at, ends_at) VALUES"
    " ('s', :load_id, 'departure', '2026-12-01 00:00+08', '2026-12-08 00:00+08'),"
    " ('s', :load_id, 'gtfs_stop', '2026-12-01 00:00+08', '2027-04-01 00:00+08')"
)


@pytest.fixture
def context(engine: Engine, tmp_path: Path) -> CommandContext:
    made = CommandContext(Settings(data_dir=tmp_path, database_url=None))
    made.__dict__["engine"] = engine
    return made


def test_no_stamp_is_not_current(context: CommandContext) -> None:
    assert stamp.is_current(context) is False


def test_current_until_a_file_arrives(context: CommandContext) -> None:
    stamp.keep(context)
    assert stamp.is_current(context) is True
    folder = incoming_dir(context.settings, context.city)
    folder.mkdir(parents=True)
    (folder / "new.csv").write_text("1")
    assert stamp.is_current(context) is False


def test_current_until_something_is_loaded(context: CommandContext) -> None:
    stamp.keep(context)
    with context.engine.begin() as connection:
        connection.execute(ADD_LOAD)
    assert stamp.is_current(context) is False
    stamp.keep(context)
    assert stamp.is_current(context) is True


def test_current_until_a_timetable_has_no_departures_left(
    context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with context.engine.begin() as connection:
        load_id = connection.execute(ADD_LOAD_RETURNING).scalar_one()
        connection.execute(ADD_COVERAGE, {"load_id": load_id})
    monkeypatch.setenv("OCC_NOW", "2026-12-07T15:59:00+00:00")
    stamp.keep(context)
    monkeypatch.setenv("OCC_NOW", "2026-12-07T15:59:59+00:00")
    assert stamp.is_current(context) is True
    monkeypatch.setenv("OCC_NOW", "2026-12-07T16:00:00+00:00")  # midnight in Changchun
    assert stamp.is_current(context) is False
