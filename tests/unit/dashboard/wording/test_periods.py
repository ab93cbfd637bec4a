"""Periods name the last day they include; the future is not now."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.wording.periods import (
    begun,
    coverage_text,
    known_period_text,
    period_text,
    stale_words,
)
from layers.period import Period
from layers.values.covered_days import PeriodCoverage


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


TODAY = date(2026, 11, 28)


def coverage(period: str, *runs: str, **more: object) -> PeriodCoverage:
    """A period with its covered runs, the end of each excluded."""
    spans = tuple(Period.parse(run) for run in runs)
    return PeriodCoverage(Period.parse(period), spans, TODAY, **more)


@pytest.mark.parametrize(
    ("known", "en", "zh"),
    [
        (coverage("2026-10", "2026-10"), "", ""),
        (
            coverage("2026-11", "2026-11-01--2026-11-28"),
            "1–27 Nov, 27 of 30 days",
            "11月1–27日，30天中27天",
        ),
        (coverage("2026-11", "2026-11-05"), "5 Nov, 1 of 30 days", "11月5日，30天中1天"),
        (
            coverage("2026Q4", "2026-10-03--2026-11-28"),
            "3 Oct – 27 Nov, 56 of 92 days",
            "10月3日 – 11月27日，92天中56天",
        ),
        (
            coverage("2026-11", "2026-11-01--2026-11-05", "2026-11-08--2026-11-11"),
            "1–10 Nov, 7 of 30 days",
            "11月1–10日，30天中7天",
        ),
        (coverage("2026-10"), "0 of 31 days", "31天中0天"),
        (coverage("2026-11-28"), "day not over", "当日未结束"),
        (coverage("2026-12-03", "2026-12-03", is_planned=True), "planned", "计划"),
        (
            coverage("2026-11", "2026-11", is_stock=True, counted_on=date(2026, 11, 1)),
            "as of 1 Nov",
            "截至11月1日",
        ),
        (
            coverage("2026", "2026", is_stock=True, counted_on=date(2020, 11, 1)),
            "as of 2020-11",
            "截至2020-11",
        ),
        (coverage("2026-10", "2026-10", is_stock=True, counted_on=date(2026, 1, 1)), "", ""),
    ],
)
def test_10_a_period_says_what_part_of_it_is_known(known: PeriodCoverage, en: str, zh: str) -> None:
    assert coverage_text(known, "en") == en
    assert coverage_text(known, "zh") == zh
    assert known_period_text(known, "en").startswith(str(known.period))


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        ("2026-11-27T15:55:00+00:00", ("截至11月27日 23:55", "as of 27 Nov 23:55")),
        ("2026-11-27T16:05:00+00:00", ("截至00:05", "as of 00:05")),
    ],
)
def test_a_value_out_of_date_says_until_when_it_is_known(monkeypatch, as_of, words):
    monkeypatch.setenv("OCC_NOW", "2026-11-28T04:00:00+00:00")
    assert stale_words(datetime.fromisoformat(as_of), ZoneInfo("Asia/Shanghai")) == words
    assert stale_words(None, ZoneInfo("Asia/Shanghai")) == ()
