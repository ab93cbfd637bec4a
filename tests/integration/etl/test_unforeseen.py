"""A fault of the program in one file is that file's alone, and is recorded like any refusal."""

import logging

import pytest
from sqlalchemy import func, select

from commands.sources import load_files
from etl.pipeline import record_file
from geodata.tables import load
from tests.integration.etl.conftest import CALLS

ROWS = "id,t0\n1,2026-11-01 08:00:00\n"


@pytest.fixture
def broken(source, monkeypatch: pytest.MonkeyPatch):
    """A source of calls on which a step of the transformation fails."""
    made = source(**CALLS)
    sound = record_file.transform

    def transform(batch, declaration, zone):
        if declaration.key == made.declaration.key:
            raise RuntimeError("index out of bounds\nsecond line")
        return sound(batch, declaration, zone)

    monkeypatch.setattr(record_file, "transform", transform)
    return made


def test_the_file_is_refused_with_class_and_text_and_leaves_nothing(engine, broken, caplog):
    with caplog.at_level(logging.ERROR):
        result = broken.load(ROWS, "calls.csv")
    assert result.status == "refused"
    assert result.message.endswith("calls.csv: unforeseen RuntimeError: index out of bounds")
    assert broken.every() == []
    mine = select(load.c.status, load.c.message).where(load.c.source == broken.declaration.key)
    with engine.connect() as connection:
        assert connection.execute(mine).all() == [("refused", result.message)]
    assert "in transform" in caplog.text  # where it happened, for whoever mends it


def test_the_other_sources_are_loaded(engine, city, broken, source, tmp_path):
    other = source(**CALLS)
    (tmp_path / "calls.csv").write_text(ROWS)
    declared = [broken.declaration, other.declaration]
    files = load_files(engine, city, declared, root=tmp_path)
    assert [file.status for file in files] == ["refused", "loaded"]
    assert len(other.every()) == 1
    with engine.connect() as connection:
        found = select(func.count()).where(
            load.c.source == broken.declaration.key, load.c.status == "loaded"
        )
        assert connection.execute(found).scalar_one() == 0
