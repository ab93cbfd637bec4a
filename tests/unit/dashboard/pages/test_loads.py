"""The account of a load in words people read."""

from datetime import UTC, datetime

from dashboard.pages.loads.account import covered_ends

ZONE = "Asia/Shanghai"


def test_coverage_of_whole_days_ends_with_the_last_day_included() -> None:
    november = (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC))
    assert covered_ends(*november, ZONE) == ("2026-11-01", "2026-11-30")


def test_other_coverage_keeps_its_minutes() -> None:
    hours = (datetime(2026, 10, 31, 18, tzinfo=UTC), datetime(2026, 11, 1, 2, 30, tzinfo=UTC))
    assert covered_ends(*hours, ZONE) == ("2026-11-01 02:00", "2026-11-01 10:30")
