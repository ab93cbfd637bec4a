from datetime import UTC, datetime, timedelta

import pytest

from etl.source.freshness import is_stale, parse_cadence


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        ("PT5M", timedelta(minutes=5)),
        ("P1D", timedelta(days=1)),
        ("P1Y", timedelta(days=365.25)),
        ("P1DT12H", timedelta(hours=36)),
        ("none", None),
    ],
)
def test_cadences_are_iso_durations(cadence, expected):
    assert parse_cadence(cadence) == expected


def test_a_source_is_stale_after_three_intervals():
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert not is_stale(now - timedelta(minutes=15), "PT5M", now)
    assert is_stale(now - timedelta(minutes=16), "PT5M", now)
    assert not is_stale(now - timedelta(days=9999), "none", now)
