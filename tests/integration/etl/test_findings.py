"""Findings are kept with the load, counted by severity and listed; a refused file has its own."""

from pathlib import Path

import pytest

from commands.sources import list_findings
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from geodata.errors import NotFoundError
from geodata.queries.loads import read_load, read_loads
from tests.integration.etl.conftest import BASE

pytestmark = pytest.mark.realdata


@pytest.fixture
def load_feed(engine, city, locator, trial_data):
    """Load a one-fault feed as a source of its own."""

    def load(name: str):
        path: Path = trial_data / "transit" / "bad" / name
        declared = BASE | {
            "key": path.stem.lower().replace("-", "_"),
            "format": "gtfs",
            "table": "gtfs",
        }
        declaration = SourceDeclaration.model_validate(declared | {"mode": "snapshot"})
        (result,) = load_source(engine, city, declaration, path, locator=locator).files
        return result

    return load


@pytest.mark.parametrize(
    ("feed", "status", "first", "counted"),
    [
        (
            "transitfeed/bad_eol.zip",
            "loaded",
            ("warning", "expired_calendar", "calendar.txt", 2, "end_date"),
            {"error": 0, "warning": 2, "info": 6},
        ),
        (
            "tidytransit_sample-feed-invalid.zip",
            "refused",
            ("error", "missing_required_file", "stop_times.txt", None, None),
            {"error": 1, "warning": 0, "info": 0},
        ),
        (
            "transitfeed/unknown_format.zip",
            "refused",
            ("error", "i_o_error", "unknown_format.zip", None, None),
            {"error": 1, "warning": 0, "info": 0},
        ),
    ],
)
def test_findings_stay_with_the_load(engine, load_feed, capsys, feed, status, first, counted):
    result = load_feed(feed)
    assert result.status == status
    with engine.connect() as connection:
        details = read_load(connection, result.load_id)
        (listed, *_) = read_loads(connection, 10, result.source)
    top = details.findings[0]
    assert tuple(top[n] for n in ("severity", "code", "file", "row_number", "field")) == first
    assert {name: listed[name] for name in counted} == counted
    list_findings(engine, result.load_id)
    assert first[1] in capsys.readouterr().out


def test_rejected_rows_of_any_format_are_summed_up(engine, calls):
    result = calls.load("id,t0\na,2026-11-01 08:00:00\nb,no time\nc,never\n")
    assert result.rows_rejected == 2
    with engine.connect() as connection:
        (found,) = read_load(connection, result.load_id).findings
    assert (found["severity"], found["code"], found["rows"]) == ("error", "rejected_row", 2)
    assert (found["row_number"], found["field"]) == (3, "t0")


def test_an_unknown_load_is_named(engine):
    with engine.connect() as connection, pytest.raises(NotFoundError, match="no load 4711"):
        read_load(connection, 4711)
