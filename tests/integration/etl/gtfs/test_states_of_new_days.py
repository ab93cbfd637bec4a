"""A timetable expanded anew takes its old days away: a refresh gives what a full build gives."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, any_, select

from etl.pipeline.run import load_source
from geodata.city.configuration import City
from geodata.tables import state, state_change
from layers.build.run import build_states, refresh_states
from layers.states.state import STATE_SCHEMA

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"
KEYS = ["departures_per_hour", "headway_mean_min"]


def states(engine: Engine) -> list[str]:
    """Return every state without the build that wrote it."""
    columns = [state.c[name] for name in ("indicator", *STATE_SCHEMA)]
    chosen = select(*columns).where(state.c.indicator.in_(KEYS))
    with engine.connect() as connection:
        return sorted(str(tuple(row)) for row in connection.execute(chosen))


def test_states_of_the_new_days_are_those_of_a_full_build(
    engine: Engine, city: City, declare_feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_at(at: str) -> int:
        monkeypatch.setenv("OCC_NOW", f"{at}:00+08:00")
        (result,) = load_source(engine, city, declare_feed("week", MINI), MINI).files
        assert result.status == "loaded"
        return int(result.load_id)

    load_at("2026-12-01T08:00")
    build_states(engine, city, KEYS)
    first = states(engine)
    load_id = load_at("2026-12-09T00:30")
    refresh_states(engine, city, [load_id])
    refreshed = states(engine)
    assert first
    assert refreshed
    assert set(first) < set(refreshed)
    build_states(engine, city, KEYS, full=True)
    assert states(engine) == refreshed
    c = state_change.c
    with engine.connect() as connection:
        found = select(c.is_full).where(any_(c.load_ids) == load_id, c.indicator.in_(KEYS))
        assert list(connection.scalars(found)) == [False, False]
