"""Periods name the last day they include; the future is not now."""

from datetime import date

import pytest

from dashboard.wording.periods import begun, period_text
from layers.period import Period


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11", "2026-11"),
        ("2026Q3", "2026Q3"),
        ("2026-11-16--2026-11-23", "2026-11-16 – 2026-11-22"),
    ],
)
def test_names_the_last_day_included(period: str, text: str) -> None:
    assert period_text(Period.parse(period)) == text


def test_a_timetable_of_next_week_has_not_begun() -> None:
    periods = [Period.parse(text) for text in ("2026-11-21", "2026-11-22", "2026-11-23")]
    assert begun(periods, date(2026, 11, 22)) == periods[:2]
