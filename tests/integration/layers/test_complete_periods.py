"""Which month is published follows from the days that the sources cover, in the city's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, insert

from geodata import tables
from geodata.city.configuration import City
from geodata.clock import running_clock
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.disclosure.schedule import periods_to_publish
from layers.disclosure.series import Series
from layers.period import Period
from layers.values.covered_days import read_covered_days
from layers.values.read import available_periods
from tests.integration.layers.conftest import make_add

FIRST = "2026-10-01T00:00:00"


@pytest.fixture(scope="module")
def events(engine: Engine, city: City) -> int:
    """Events of October and November whose last one comes ten minutes before October's end."""
    end = datetime(2026, 10, 31, 15, 50, tzinfo=UTC)  # 23:50 in Changchun
    rows = [
        {
            "record_id": str(number),
            "event_id": str(number),
            "channel": "110",
            "received_at": end - timedelta(hours=7 * number),
            "district_id": "220102",
        }
        for number in range(100)
    ]
    number = make_add(engine, city)("incident", rows, source="police", event_to=end)
    build_states(engine, city, ["incident_count"])
    return number


def newest(engine: Engine, city: City, load: int, until: str | None) -> str | None:
    """Return the month that is published where the source covers October up to an instant."""
    c = tables.source_coverage
    with engine.begin() as connection:
        connection.execute(delete(c))
        if until is not None:
            zone = city.zone
            starts_at = datetime.fromisoformat(FIRST).replace(tzinfo=zone)
            ends_at = datetime.fromisoformat(until).replace(tzinfo=zone)
            spoken = {"source": "police", "load_id": load, "table_name": "incident"}
            connection.execute(insert(c).values(**spoken, starts_at=starts_at, ends_at=ends_at))
        covered = read_covered_days(connection, city, "incident_count")
    periods = available_periods(engine, city, "incident_count")
    counted = Series(find_indicator(city, "incident_count"), "all")
    found = periods_to_publish(counted, periods, covered, covered.today)
    return str(found[-1]) if found else None


@pytest.mark.parametrize("timezone", ["Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin"])
def test_9_a_month_is_complete_when_covered_to_its_last_minute(
    engine: Engine, city: City, events: int, monkeypatch: pytest.MonkeyPatch, timezone: str
) -> None:
    """The clock went back in Berlin a week before, and does in Los Angeles on this very day."""
    there = city.model_copy(update={"timezone": timezone})
    first = datetime(2026, 11, 1, 0, 1, tzinfo=ZoneInfo(timezone))
    monkeypatch.setenv("OCC_NOW", first.isoformat())
    assert newest(engine, there, events, "2026-11-01T00:00:00") == "2026-10"
    assert newest(engine, there, events, "2026-10-31T23:59:00") is None
    monkeypatch.setenv("OCC_NOW", (first - timedelta(minutes=2)).isoformat())
    assert newest(engine, there, events, "2026-11-01T00:00:00") is None


def test_9_without_declared_coverage_the_newest_record_counts(
    engine: Engine, city: City, events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event on the month's last day, and the day is over: the month is told of to its end."""
    monkeypatch.setenv("OCC_NOW", "2026-11-01T00:05:00+08:00")
    assert newest(engine, city, events, None) == "2026-10"


def test_9_a_played_clock_completes_the_month_as_it_passes(
    engine: Engine, city: City, events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = datetime(2026, 10, 31, 12, tzinfo=city.zone)
    monkeypatch.setenv("OCC_CLOCK", running_clock(before, datetime.now(UTC), 60))
    assert newest(engine, city, events, "2026-11-01T00:00:00") is None
    after = datetime(2026, 11, 1, 0, 0, 1, tzinfo=city.zone)
    monkeypatch.setenv("OCC_CLOCK", running_clock(after, datetime.now(UTC), 60))
    assert newest(engine, city, events, "2026-11-01T00:00:00") == "2026-10"
    assert Period.parse("2026-10").end_at(city.timezone) <= after
