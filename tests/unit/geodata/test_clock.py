"""The clock that tests, replay and simulated days set: fixed, running, or the real one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from geodata.clock import now, replaying, running_clock
from geodata.errors import SettingsError

EVENING = datetime(2026, 12, 31, 23, 59, 50, tzinfo=timezone(timedelta(hours=8)))


def test_a_fixed_clock_stands_still_and_speaks_utc(monkeypatch) -> None:
    monkeypatch.setenv("OCC_NOW", EVENING.isoformat())
    assert now() == EVENING
    assert now().tzinfo is UTC


def test_a_running_clock_runs_so_much_faster_and_over_the_new_year(monkeypatch) -> None:
    real = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setenv("OCC_CLOCK", running_clock(EVENING, real, 60))
    before = datetime.now(UTC)
    shown = now()
    after = datetime.now(UTC)
    assert EVENING + 60 * (before - real) <= shown <= EVENING + 60 * (after - real)


def test_the_running_clock_goes_before_the_fixed_one_and_replay_before_both(monkeypatch) -> None:
    monkeypatch.setenv("OCC_NOW", "2020-01-01T00:00:00+00:00")
    monkeypatch.setenv("OCC_CLOCK", running_clock(EVENING, datetime(2026, 1, 1, tzinfo=UTC), 0))
    assert now() == EVENING
    with replaying(EVENING - timedelta(days=1)):
        assert now() == EVENING - timedelta(days=1)
    assert now() == EVENING


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("OCC_NOW", "soon", "not an ISO 8601 time"),
        ("OCC_NOW", "2026-12-31T23:59:50", "no time zone"),
        ("OCC_CLOCK", "2026-12-31T23:59:50+08:00", "not <time>@<seconds>x<speed>"),
        ("OCC_CLOCK", "2026-12-31T23:59:50+08:00@0xfast", "not <time>@<seconds>x<speed>"),
        ("OCC_CLOCK", "2026-12-31T23:59:50@0x1", "no time zone"),
    ],
)
def test_what_is_no_clock_is_refused(monkeypatch, name: str, value: str, complaint: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=complaint):
        now()
