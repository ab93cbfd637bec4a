"""Numbers are rounded half up, durations read as clocks, and no status goes without its word."""

import pytest

from dashboard.wording.numbers import (
    format_change,
    format_duration,
    format_number,
    format_reading,
    format_value,
    round_half_up,
)
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.states.status import Status

CHANGCHUN = load_city("changchun")

COVERAGE = find_indicator(CHANGCHUN, "stop_coverage_pop_500")
ARRIVAL = find_indicator(CHANGCHUN, "call_to_arrival_p90")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.125, 2, "0.13"), (2.5, 0, "3"), (-2.5, 0, "-3"), (1.005, 2, "1.01"), (2.675, 2, "2.68")],
)
def test_rounds_half_up_as_written(value: float, decimals: int, text: str) -> None:
    assert str(round_half_up(value, decimals)) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1234567.5, 0, "1,234,568"), (-0.04, 1, "0.0"), (-12.34, 1, "−12.3"), (91.35, 1, "91.4")],
)
def test_writes_thousands_and_a_true_minus(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.5, "1:00"), (702, "11:42"), (3725, "62:05"), (-21, "−0:21")],
)
def test_writes_seconds_as_minutes_and_seconds(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_thousands_carry_no_decimals() -> None:
    assert format_value(1620.04, "trips/h", 1) == "1,620"
    assert format_value(999.94, "trips/h", 1) == "999.9"


@pytest.mark.parametrize(
    ("change", "unit", "text"),
    [
        (0.62, "%", "+0.6"),
        (-1.25, "%", "−1.3"),
        (0.04, "%", "±0"),
        (21, "s", "+0:21"),
        (0, "s", "±0"),
    ],
)
def test_a_change_has_a_sign(change: float, unit: str, text: str) -> None:
    assert format_change(change, unit, 1) == text


def test_a_plain_value_has_no_word() -> None:
    reading = format_reading(91.35, Status.OK, COVERAGE, "zh")
    assert (reading.text, reading.unit, reading.word) == ("91.4", "%", "")


@pytest.mark.parametrize("status", [Status.NO_DATA, Status.NA_DENOMINATOR, Status.SUPPRESSED])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_not_a_value_is_a_dash_with_its_word(status: Status, language: str) -> None:
    reading = format_reading(float("nan"), status, COVERAGE, language)
    assert reading.text == "—"
    assert reading.unit == ""
    assert reading.word


@pytest.mark.parametrize("status", [Status.LOW_N, Status.ESTIMATED, Status.STALE])
def test_a_doubtful_value_is_shown_with_its_word(status: Status) -> None:
    reading = format_reading(50.0, status, COVERAGE, "en")
    assert reading.text == "50.0"
    assert reading.word


def test_zero_is_zero_and_not_missing() -> None:
    assert format_reading(0.0, Status.ZERO_TRUE, COVERAGE, "zh").text == "0.0"


def test_a_missing_value_never_reads_as_zero() -> None:
    assert format_reading(None, Status.OK, COVERAGE, "en").text == "—"


def test_durations_carry_no_unit() -> None:
    reading = format_reading(702.0, Status.OK, ARRIVAL, "zh")
    assert (reading.text, reading.unit) == ("11:42", "")
