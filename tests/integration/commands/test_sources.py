"""What a user sees on the command line."""

import pytest

from commands import sources
from geodata.errors import LoadError, NotFoundError
from tests.integration.etl.conftest import CALLS, yaml_of


@pytest.fixture
def declaration(tmp_path):
    path = tmp_path / "calls.yaml"
    path.write_text(yaml_of("cli_calls", **CALLS), encoding="utf-8")
    return path


def test_load_loads_and_rejected_say_what_happened(engine, city, declaration, tmp_path, capsys):
    file = tmp_path / "calls.csv"
    file.write_text("id,t0,address\n1,2026-11-01 08:00:00,朝阳\n2,soon,二道\n", encoding="utf-8")
    sources.load(engine, city, [str(declaration)])
    line = capsys.readouterr().out
    assert "cli_calls: calls.csv: loaded, 2 rows = 1 loaded + 1 rejected, 1 records" in line
    sources.load(engine, city, [str(declaration)], file)
    assert capsys.readouterr().out == "cli_calls: calls.csv: already loaded\n"
    sources.list_loads(engine)
    assert "cli_calls" in capsys.readouterr().out
    sources.list_rejected(engine)
    shown = capsys.readouterr().out
    assert "is not a time in the declared format and zone" in shown
    assert '"address": "二道"' in shown


def test_a_refused_file_is_told_and_fails_the_command(engine, city, declaration, tmp_path, capsys):
    (tmp_path / "calls.csv").write_bytes(b"")
    with pytest.raises(LoadError, match="1 of the files were refused"):
        sources.load(engine, city, [str(declaration)])
    assert "calls.csv: refused: " in capsys.readouterr().out


def test_sources_are_listed_and_unknown_ones_named(engine, city, capsys):
    sources.list_sources(engine, city)
    assert "incidents_119" in capsys.readouterr().out
    with pytest.raises(NotFoundError, match="no source 'incidents_911'; known: "):
        sources.load(engine, city, ["incidents_911"])
    with pytest.raises(NotFoundError, match="name a source or --all"):
        sources.load(engine, city, [])
