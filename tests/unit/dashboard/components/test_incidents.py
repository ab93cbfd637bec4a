"""Incidents on the screen: hours with zeros, outcomes that do not guess."""

from datetime import UTC, datetime, timedelta

import polars as pl

from dashboard.components.incidents import arrival_seconds, hour_counts, outcome
from geodata.city.configuration import load_city

CHANGCHUN = load_city("changchun")
CALL = datetime(2026, 11, 21, 15, 57, tzinfo=UTC)


def row(
    arrived_at: datetime | None = None,
    closed_at: datetime | None = None,
    is_cancelled: bool = False,
) -> dict[str, object]:
    return {
        "received_at": CALL,
        "arrived_at": arrived_at,
        "closed_at": closed_at,
        "is_cancelled": is_cancelled,
    }


def test_every_hour_and_channel_is_there() -> None:
    frame = pl.DataFrame({"hour": [7, 7], "channel": ["110", "119"], "incidents": [12, 3]})
    counts = hour_counts(frame, CHANGCHUN.channels)
    assert list(counts) == list(range(24))
    assert counts[7] == {"110": 12, "122": 0, "120": 0, "119": 3, "12350": 0}
    assert sum(sum(hour.values()) for hour in counts.values()) == 15
    assert set(counts[0]) == {each.key for each in CHANGCHUN.channels}


def test_an_arrival_before_the_call_is_none() -> None:
    assert arrival_seconds(CALL, CALL - timedelta(seconds=1)) is None
    assert arrival_seconds(CALL, None) is None
    assert arrival_seconds(CALL, CALL + timedelta(seconds=219)) == 219


def test_outcomes_in_both_languages() -> None:
    assert outcome(row(CALL + timedelta(seconds=219))) == ("到场 3:39", "Arrived in 3:39")
    assert outcome(row()) == ("处置中", "In hand")
    closed = row(closed_at=CALL + timedelta(hours=1))
    assert outcome(closed) == ("未记录到场", "No arrival recorded")
    assert outcome(row(is_cancelled=True)) == ("已撤销", "Cancelled")
