"""Rules applied to values: limits, hysteresis, words; and the rules' file itself."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from geodata.city.configuration import load_city
from geodata.queries.live import SourceFreshness, judge_source
from layers.alerts.observe import judge_held, judge_load, judge_silence, judge_target, timings
from layers.alerts.rules import (
    AbnormalLoadRule,
    HeldLoadRule,
    StaleRule,
    TargetRule,
    load_alert_rules,
)
from layers.alerts.words import duration_text
from layers.catalogue.targets import Target
from layers.score.score import Part
from layers.states.status import Status
from layers.statistics.abnormal_load import AbnormalLoad

CHANGCHUN = load_city("changchun")

NAMES = {"city": ("长春市", "Changchun"), "220102": ("南关区", "Nanguan District")}
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
RULE = TargetRule.model_validate(
    {
        "key": "fire", "kind": "target", "indicator": "within_target_share", "component": "119",
        "period": "week", "by": "district", "clear_from": 0.65,
        "below": [{"severity": 1, "limit": 0.6}, {"severity": 2, "limit": 0.3}],
        "text_zh": "{subject} {value}<{limit}", "text_en": "{subject} {value}<{limit}",
    }
)  # fmt: skip
TARGET = Target(
    indicator="x", op=">=", value=90, source="s", status="C", valid_from=date(2020, 1, 1)
)


def part(score: float | None) -> Part:
    return Part("within_target_share", "119", 1.0, None, score, Status.OK, TARGET, score)


@pytest.mark.parametrize(
    ("score", "severity", "holds"),
    [(0.7, 0, False), (0.62, 0, True), (0.59, 1, True), (0.3, 1, True), (0.29, 2, True)],
)
def test_a_score_is_judged_with_hysteresis(score: float, severity: int, holds: bool) -> None:
    found = judge_target(RULE, "220102", part(score), NAMES)
    assert (found.severity, found.holds) == (severity, holds)
    assert found.subject_kind == "district"


def test_the_words_name_subject_value_and_the_limit_that_was_passed() -> None:
    found = judge_target(RULE, "220102", part(0.29), NAMES)
    assert (found.text_zh, found.text_en) == ("南关区 0.29<0.30", "Nanguan District 0.29<0.30")
    assert judge_target(RULE, "220102", part(None), NAMES).severity is None


def test_an_abnormal_hour_counts_from_the_rules_level() -> None:
    rule = next(rule for rule in load_alert_rules(CHANGCHUN) if isinstance(rule, AbnormalLoadRule))
    quiet = judge_load(rule, "220102", "all", AbnormalLoad(NOON, 1, 20, 11.0, 24.0), NAMES)
    loud = judge_load(rule, "220102", "all", AbnormalLoad(NOON, 3, 40, 11.0, 24.0), NAMES)
    unknown = judge_load(rule, "220102", "all", AbnormalLoad(NOON, None), NAMES)
    assert [quiet.severity, loud.severity, unknown.severity] == [0, 3, None]
    assert (loud.value, loud.limit) == (40.0, 24.0)
    assert "40" in loud.text_zh
    assert "南关区" in loud.text_zh


SILENCE = next(rule for rule in load_alert_rules(CHANGCHUN) if isinstance(rule, StaleRule))
SOURCES = {"buses": ("公交", "Buses")}


def source(lag_s: float, kind: str = "records", *, spoke: bool = True) -> SourceFreshness:
    lag, expected = timedelta(seconds=lag_s), timedelta(seconds=300)
    state = judge_source(lag if spoke else None, lag, expected, None)
    last = NOON - lag if spoke else None
    return SourceFreshness("buses", kind, last, lag if spoke else None, expected, state, None, lag)


@pytest.mark.parametrize(("lag_s", "severity"), [(900, 0), (901, 1), (6001, 2)])
def test_silence_is_counted_in_expected_intervals(lag_s: float, severity: int) -> None:
    assert judge_silence(SILENCE, source(lag_s), SOURCES).severity == severity


@pytest.mark.parametrize(
    ("waited_s", "severity", "state"),
    [(300, 0, "awaited"), (301, 1, "silent"), (6001, 2, "silent")],
)
def test_a_source_that_never_spoke_is_late_from_its_first_message_on(
    waited_s: float, severity: int, state: str
) -> None:
    never = source(waited_s, spoke=False)
    assert (never.state, never.is_late) == (state, bool(severity))
    assert judge_silence(SILENCE, never, SOURCES).severity == severity


def test_silence_is_told_in_the_words_of_the_city_and_units_people_read() -> None:
    found = judge_silence(SILENCE, source(22_875 * 60), SOURCES)
    assert found.text_zh == "实时来源 公交 已 15 天 21 小时无数据"
    assert found.text_en == "Live source Buses silent for 15 d 21 h"
    never = judge_silence(SILENCE, source(3_600, spoke=False), SOURCES)
    assert never.text_zh == "实时来源 公交 从未有数据，已等待 1 小时"
    assert never.text_en == "Live source Buses never spoke, awaited for 1 h"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "0 秒", "0 s"),
        (59, "59 秒", "59 s"),
        (119, "1 分钟", "1 min"),
        (3_660, "1 小时 1 分钟", "1 h 1 min"),
        (86_400, "1 天", "1 d"),
        (86_400 + 59 * 60, "1 天", "1 d"),
    ],
)
def test_durations_have_their_largest_unit_and_the_next(seconds: int, zh: str, en: str) -> None:
    duration = timedelta(seconds=seconds)
    assert (duration_text(duration, "zh"), duration_text(duration, "en")) == (zh, en)


def test_the_rules_file_is_sound_and_refuses_nonsense() -> None:
    assert set(timings(CHANGCHUN)) == {rule.key for rule in load_alert_rules(CHANGCHUN)}
    with pytest.raises(ValidationError, match="clear_from lies below"):
        TargetRule.model_validate({**RULE.model_dump(), "clear_from": 0.5})


def test_a_source_that_arrives_in_two_ways_has_two_alerts() -> None:
    found = [
        judge_silence(SILENCE, source(3600.0, kind), SOURCES)
        for kind in ("positions", "trip_updates")
    ]
    assert [each.part for each in found] == ["positions", "trip_updates"]


def test_every_city_hears_of_held_files(tmp_path: Path) -> None:
    bare = CHANGCHUN.model_copy()
    bare._folder = tmp_path
    assert [rule.key for rule in load_alert_rules(bare)] == ["held_load"]
    (rule,) = (each for each in load_alert_rules(CHANGCHUN) if isinstance(each, HeldLoadRule))
    held = judge_held(rule, "hospitals", 2, ("医院", "Hospitals"))
    assert (held.severity, held.holds) == (2, True)
    assert held.text_en.startswith("Hospitals: 2 files held")
    assert judge_held(rule, "hospitals", 0, ("医院", "Hospitals")).severity == 0
