"""One indicator that cannot be built: said, kept as it was, and the others go on."""

import argparse
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from commands import data, steps
from dashboard.pages.loads.overview import failures_table
from geodata.queries.counted_events import event_query
from layers.build import compute
from layers.build.run import build_states, refresh_states
from layers.catalogue.registry import load_catalogue
from layers.errors import BuildError
from layers.period import Period
from layers.states.status import Status
from layers.states.version import read_build, read_failures
from layers.values.query import ValueQuery
from layers.values.read import read_values

AT = datetime(2026, 11, 10, 4, tzinfo=UTC)
DAY = Period.parse("2026-11-10")
BROKEN, SOUND = "open_incidents", "incident_count"


def _call(number):
    return {"record_id": str(number), "event_id": str(number), "channel": "119", "received_at": AT}


@pytest.fixture
def fault(monkeypatch):
    """Let the measures of `BROKEN` raise the error chosen, or none."""
    found = compute.load_function
    chosen = {"error": None}

    def load_function(measure):
        def run(request):
            if request.indicator.key == BROKEN and chosen["error"]:
                raise chosen["error"]
            return found(measure)(request)

        return run

    monkeypatch.setattr(compute, "load_function", load_function)
    return chosen


def _value(engine, city, key):
    return read_values(engine, city, ValueQuery(key, DAY, "all", "city")).row(0, named=True)


def test_one_that_fails_is_said_and_the_others_go_on(engine, add, city, fault):
    add("incident", [_call(1)], source="a")
    fault["error"] = ValueError("self-intersection\nat line 2")
    built = build_states(engine, city, [BROKEN, SOUND])
    assert [each.indicator for each in built] == [SOUND]
    (failure,) = read_failures(engine)
    assert (failure.indicator, failure.message) == (BROKEN, "ValueError: self-intersection")
    assert _value(engine, city, SOUND)["value"] == 1
    assert _value(engine, city, BROKEN)["status"] == Status.NO_DATA
    shown = str(failures_table(read_failures(engine), load_catalogue(city), city.timezone))
    assert "在办警情" in shown
    assert "self-intersection" in shown


def test_what_was_known_before_is_stale_until_it_is_built_again(engine, add, city, fault):
    build_states(engine, city, [BROKEN])
    assert read_failures(engine) == []
    before, version = _value(engine, city, BROKEN), read_build(engine, city, BROKEN).version
    fault["error"] = ValueError("self-intersection")
    number = add("incident", [_call(2)], source="b")
    refresh_states(engine, city, [number])
    assert [each.indicator for each in read_failures(engine)] == [BROKEN]
    after = _value(engine, city, BROKEN)
    assert (after["value"], after["status"]) == (before["value"], Status.STALE)
    assert read_build(engine, city, BROKEN).version != version  # screens read it anew
    fault["error"] = None
    refresh_states(engine, city, [add("incident", [_call(3)], source="c")])
    assert read_failures(engine) == []
    assert _value(engine, city, BROKEN)["value"] == 3


def test_the_commands_say_what_failed(engine, add, city, fault, monkeypatch, capsys, tmp_path):
    add("incident", [_call(4)], source="d")
    fault["error"] = ValueError("self-intersection")
    context = _Context(engine, city, tmp_path)
    assert steps._build(context).endswith(", 1 failed")
    assert f"failed: {BROKEN}: ValueError: self-intersection" in capsys.readouterr().out
    assert steps._has_failed(context)
    monkeypatch.setattr(data, "get_context", lambda: context)
    with pytest.raises(BuildError, match="1 indicators"):
        data.build(argparse.Namespace(indicators=[BROKEN], full=False))
    assert f"failed: {BROKEN}: ValueError: self-intersection" in capsys.readouterr().out


class _Context:
    def __init__(self, engine, city, folder):
        self.engine = self.ready_engine = engine
        self.city = city
        self.settings = argparse.Namespace(data_dir=folder, replay_days=30)


class _GoneError(Exception):
    sqlstate = "57P01"


def test_a_lost_connection_is_no_fault_of_an_indicator(engine, add, city, fault):
    add("incident", [_call(5)], source="e")
    fault["error"] = OperationalError("SELECT", {}, _GoneError("terminating connection"))
    with pytest.raises(DBAPIError):
        build_states(engine, city, [BROKEN])


def test_the_query_of_events_names_no_schema():
    assert "ops." not in event_query(["event_id", "received_at"])
    assert text(event_query(["event_id"])) is not None
