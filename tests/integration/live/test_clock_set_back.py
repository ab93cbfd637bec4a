"""A clock that is set back: no lag is negative, and a source that falls silent is still seen."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from etl.live.progress import keep_event, keep_followed, keep_poll
from etl.source.live import LiveRule
from geodata.queries.live import read_sources_freshness, read_vehicles
from geodata.tables import live_source, vehicle_position

RULE = LiveRule(path="calls_*.csv", feed="records", poll="PT10S", expected="PT1M")
STEPS = [
    timedelta(minutes=40), timedelta(hours=1), timedelta(hours=2, minutes=17), timedelta(days=1),
]  # fmt: skip
# An hour before the clocks of a zone go back, which is no step of ours.
WINTER = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Los_Angeles"))


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets the clock of the program."""

    def to(at: datetime) -> datetime:
        monkeypatch.setenv("OCC_NOW", at.astimezone(UTC).isoformat())
        return at.astimezone(UTC)

    return to


@pytest.fixture
def source(engine, tmp_path):
    key = f"clock_{tmp_path.name}"[:60]
    yield key
    with engine.begin() as connection:
        connection.execute(delete(live_source).where(live_source.c.source == key))


def hear(engine, source: str, event_at: datetime | None) -> None:
    if event_at:
        with engine.begin() as connection:
            keep_event(connection, source, RULE, event_at)
    keep_poll(engine, source, RULE, None)


def judged(engine, source: str, at: datetime):
    (found,) = (each for each in read_sources_freshness(engine, at) if each.source == source)
    assert found.lag is None or found.lag >= timedelta(0)
    assert found.silent_for >= timedelta(0)
    return found


@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("begin", [datetime(2026, 12, 1, 8, tzinfo=UTC), WINTER], ids=str)
def test_silence_after_the_step_is_seen_in_time(engine, source, clock, begin, step) -> None:
    at = clock(begin)
    hear(engine, source, at - timedelta(seconds=5))
    assert judged(engine, source, at).state == "fresh"

    at = clock(at - step)  # nobody has looked at the source since
    assert judged(engine, source, at).state == "failing"
    hear(engine, source, None)
    assert judged(engine, source, at).state == "fresh"
    at = clock(at + timedelta(minutes=4))  # three expected intervals, and one more
    hear(engine, source, None)
    assert judged(engine, source, at).state == "stale"
    hear(engine, source, at)  # it speaks again, by a clock that is right now too
    assert judged(engine, source, at).state == "fresh"
    at = clock(at + timedelta(minutes=4))
    assert judged(engine, source, at).state == "stale"


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_source_that_never_spoke_is_due_after_the_step(engine, source, clock, step) -> None:
    at = clock(datetime(2026, 12, 1, 8, tzinfo=UTC))
    keep_followed(engine, [(source, RULE)])
    at = clock(at - step)
    keep_poll(engine, source, RULE, None)
    assert judged(engine, source, at).state == "awaited"
    at = clock(at + timedelta(minutes=2))
    assert judged(engine, source, at).state == "silent"


def test_an_event_of_a_time_to_come_hides_no_silence(engine, source, clock) -> None:
    at = clock(datetime(2026, 12, 1, 8, tzinfo=UTC))
    hear(engine, source, at + timedelta(minutes=29))  # the sender's clock runs ahead
    assert judged(engine, source, at).lag == timedelta(0)
    at = clock(at + timedelta(minutes=4))
    assert judged(engine, source, at).state == "stale"
    assert judged(engine, source, at).lag == timedelta(minutes=4)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_vehicles_of_before_the_step_do_not_stay_on_the_map(engine, source, step) -> None:
    at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    row = {
        "source": source, "vehicle_id": "bus", "recorded_at": at, "load_id": 0,
        "geom": "SRID=4326;POINT(125.3 43.9)",
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(vehicle_position.insert().values(row))
    try:
        within = timedelta(minutes=5)
        assert [each["vehicle_id"] for each in read_vehicles(engine, at, within)] == ["bus"]
        assert list(read_vehicles(engine, at - step, within)) == []
    finally:
        with engine.begin() as connection:
            own = vehicle_position.c.source == source
            connection.execute(delete(vehicle_position).where(own))
