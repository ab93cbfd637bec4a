from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from etl.ledger.coverage import CoverageSpan, compute_coverage, without_days

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)  # the 3rd in Changchun
LAST = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def spans(declare, coverage, first=FIRST, last=LAST):
    declaration = declare(coverage=coverage)
    return [
        (span.starts_at.isoformat()[:10], span.ends_at.isoformat()[:10], span.district_id)
        for span in compute_coverage(declaration, first, last, ZONE, NOW)
    ]


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [
        (None, []),
        ({"period": "days"}, [("2026-11-03", "2026-11-21", None)]),
        ({"period": "months"}, [("2026-11-01", "2026-11-23", None)]),
        (
            {"period": "declared", "from": "2026-01-01", "to": "2027-01-01"},
            [("2026-01-01", "2027-01-01", None)],
        ),
        (
            {"area": [220102, 220104]},
            [("2026-11-03", "2026-11-21", "220102"), ("2026-11-03", "2026-11-21", "220104")],
        ),
    ],
)
def test_coverage_is_what_the_source_declares(declare, coverage, expected):
    assert spans(declare, coverage) == expected


def test_a_past_month_is_covered_whole(declare):
    october = datetime(2026, 10, 5, tzinfo=UTC)
    assert spans(declare, {"period": "months"}, october, october) == [
        ("2026-10-01", "2026-11-01", None)
    ]


def test_a_file_without_events_covers_nothing(declare):
    assert spans(declare, {"period": "days"}, None, None) == []


@pytest.mark.parametrize(
    ("days", "left"),
    [
        ([], [("3", "9")]),
        ([5], [("3", "5"), ("6", "9")]),
        ([5, 6, 8], [("3", "5"), ("7", "8")]),
        ([3, 8], [("4", "8")]),
        ([1, 2, 9, 20], [("3", "9")]),
        (range(1, 20), []),
    ],
)
def test_days_are_cut_out_of_what_is_covered(days, left):
    whole = CoverageSpan(
        "incident", datetime(2026, 11, 3, tzinfo=ZONE), datetime(2026, 11, 9, tzinfo=ZONE)
    )
    rest = without_days([whole], [date(2026, 11, day) for day in days], ZONE)
    assert [(str(each.starts_at.day), str(each.ends_at.day)) for each in rest] == left
