"""Lines of what is known: parts of a step hollow, few cases washed, and no trend of one value."""

from datetime import date

import pytest

from dashboard.components.history import history, single_value_text
from dashboard.components.period_picker import planned_mark
from dashboard.components.sparkline import sparkline
from dashboard.read.trends import Trend
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.period import Period
from layers.values.covered_days import CoveredDays, PeriodCoverage

CHANGCHUN = load_city("changchun")
CALLS = find_indicator(CHANGCHUN, "incident_calls")
TODAY = date(2026, 11, 28)
DAYS = [Period.parse(f"2026-11-{day}") for day in (24, 25, 26, 27, 28)]


def trend(values, *, weak=(), stock=False, counted_on=None) -> Trend:
    """The last days up to today, which is not over."""
    count = len(values)
    known = tuple(
        PeriodCoverage(day, () if day.first == TODAY and not stock else (day,), TODAY, stock)
        for day in DAYS[-count:]
    )
    return Trend(
        tuple(values),
        (None,) * count,
        (None,) * count,
        tuple(index in weak for index in range(count)),
        known,
        stock,
        counted_on,
    )


def test_10_a_point_of_a_part_is_hollow_and_off_the_line() -> None:
    shown = trend([5.0, 6.0, 7.0, 2.0])
    assert shown.solid == (5.0, 6.0, 7.0, None)
    text = str(history(shown, CALLS, None, "emergency", "en"))
    assert text.count("trend-point partial") == 1
    assert "day not over" in text


def test_8_a_point_of_few_cases_looks_different_and_says_so() -> None:
    shown = trend([5.0, 6.0, 7.0, 8.0, 2.0], weak={1})
    assert shown.solid == (5.0, None, 7.0, 8.0, None)
    text = str(history(shown, CALLS, None, "emergency", "en"))
    assert "trend-point weak" in text
    assert "few cases" in text
    assert "trend-point weak" in str(sparkline(shown, "emergency", "Calls"))


@pytest.mark.parametrize("values", [[None, 5.0, None], [5.0], [None]])
def test_one_value_is_no_line(values) -> None:
    drawn = str(sparkline(trend(values), "emergency", "Calls"))
    assert "spark-line" not in drawn
    assert "counted-on" not in drawn


def test_a_flat_stock_shows_its_day_and_no_line() -> None:
    flat = trend([7.5, 7.5, 7.5], stock=True, counted_on=date(2026, 1, 1))
    assert not flat.is_trend
    assert flat.is_dated
    drawn = str(sparkline(flat, "health", "Beds"))
    assert "spark-line" not in drawn
    assert "1月1日" in drawn
    assert "1 Jan" in drawn
    assert "2026-01-01" in str(single_value_text(flat, "en"))
    moved = trend([7.0, 7.5, 7.5], stock=True, counted_on=date(2026, 11, 26))
    assert moved.is_trend
    assert not any(moved.is_partial)


def test_a_flat_flow_is_a_line() -> None:
    assert "spark-line" in str(sparkline(trend([4.0, 4.0, 4.0]), "transit", "Headway"))


def test_days_to_come_are_marked_on_the_slider() -> None:
    ahead = [Period.parse(text) for text in ("2026-11-27", "2026-11-28", "2026-11-29")]
    days = CoveredDays({"total": (Period.parse("2026-11"),)}, TODAY, is_planned=True)
    (mark,) = planned_mark(ahead, "en", days)
    assert mark.children == "planned"
    assert mark.style == {"--from": "1.0000"}
    assert planned_mark(ahead[:2], "en", days) == []
    assert planned_mark(ahead, "en", None) == []
