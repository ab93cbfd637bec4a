"""Ages and sources as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.components.evidence import load_text
from dashboard.components.legend import legend
from dashboard.components.provenance import (
    age_text,
    local_time,
    simulated_badge,
    source_names,
    source_text,
)
from dashboard.components.qr import qr_code
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator

CHANGCHUN = load_city("changchun")

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_ages(age: timedelta, text: str) -> None:
    assert age_text(age, "en") == text


def test_times_are_the_citys() -> None:
    assert local_time(datetime(2026, 11, 21, 16, 30, tzinfo=UTC), ZONE) == "2026-11-22 00:30"
    assert local_time(None, ZONE) == "—"


def test_a_timetable_is_valid_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCC_NOW", "2026-11-22T00:00:00+00:00")
    ahead = source_text(CHANGCHUN, ["gtfs_bus"], datetime(2027, 3, 31, tzinfo=UTC))
    past = source_text(CHANGCHUN, ["gtfs_bus"], datetime(2026, 3, 31, tzinfo=UTC))
    assert "valid to 2027-03-31" in ahead
    assert "as of 2026-03-31" in past


def test_sources_have_names_in_both_languages_and_no_keys() -> None:
    line = source_text(CHANGCHUN, ["gtfs_bus", "incidents_119"], None)
    zh, en = (source_names(CHANGCHUN, ["gtfs_bus", "incidents_119"], code) for code in ("zh", "en"))
    assert zh in line
    assert en in line
    assert "_" not in line
    assert source_names(CHANGCHUN, [], "en") == "—"


def test_the_badge_is_bilingual_and_hidden_for_real_data() -> None:
    assert simulated_badge(True).children == "模拟数据 SIMULATED"
    assert simulated_badge(True).hidden is False
    assert simulated_badge(False).hidden is True


def test_runs_of_loads_are_shortened() -> None:
    assert load_text((3, 1, 2, 7, 9, 10)) == "1–3, 7, 9–10"


def test_a_legend_has_a_swatch_a_class_and_a_tick_a_break() -> None:
    shown = legend(
        find_indicator(CHANGCHUN, "call_to_arrival_p90"),
        ["#111111", "#222222", "#333333"],
        [300, 600],
    )
    text = str(shown)
    assert text.count("legend-class'") == 3
    assert "5:00" in text
    assert "10:00" in text
    for state in ("zero", "no-data", "suppressed", "stale"):
        assert f"swatch-{state}" in text


def test_a_legend_is_named_by_its_indicator_or_as_told() -> None:
    indicator = find_indicator(CHANGCHUN, "within_target_share")
    drawn = (indicator, ["#111111", "#222222"], [50], ["en"])
    assert indicator.label_en in str(legend(*drawn))
    told = str(legend(*drawn, title="How fast the fire brigade comes"))
    assert "How fast the fire brigade comes" in told
    assert indicator.label_en not in told


def test_qr_codes_are_images_made_here() -> None:
    assert qr_code("http://example.org/kiosk", "x").src.startswith("data:image/svg+xml,%3Csvg")


def test_8_a_legend_has_a_number_at_every_break_and_a_row_for_few_cases() -> None:
    beds = find_indicator(CHANGCHUN, "beds_per_1000")
    drawn = str(legend(beds, ["#111111", "#222222", "#333333"], [2.375, 2.5], ["en"]))
    for text in ("2.375", "2.500", "per 1,000 residents", "Few cases", "swatch-low-n", "Zero"):
        assert text in drawn


def test_a_legend_of_no_value_shows_no_bar_without_numbers() -> None:
    beds = find_indicator(CHANGCHUN, "beds_per_1000")
    drawn = str(legend(beds, ["#111111"], [], ["en"]))
    assert "legend-bar" not in drawn
    assert "No data" in drawn
