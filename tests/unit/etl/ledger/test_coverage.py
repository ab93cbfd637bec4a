from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from etl.ledger.coverage import compute_coverage

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
