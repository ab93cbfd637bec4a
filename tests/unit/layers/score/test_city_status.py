"""The status 1-5: the worst rule that holds, and its reason in words."""

import pytest
from pydantic import ValidationError

from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from layers.score.city_status import Facts, city_status
from layers.score.rules import Condition, Scored, check_scored, load_score_rules, load_status_rules
from layers.score.score import CITY, DomainScore, PlaceScore

CHANGCHUN = load_city("changchun")
RULES = load_status_rules(CHANGCHUN)
NAMES = {"health": ("医疗健康", "Health"), "transit": ("公共交通", "Transit")}


def scores(transit: float | None, health: float | None) -> dict[str, PlaceScore]:
    known = [score for score in (transit, health) if score is not None]
    domains = {"transit": DomainScore(transit, ()), "health": DomainScore(health, ())}
    return {CITY: PlaceScore(sum(known) / len(known) if known else None, domains)}


@pytest.mark.parametrize(
    ("transit", "health", "alerts", "stale", "level"),
    [
        (1.1, 1.0, {}, 0, 1),
        (1.1, 0.99, {}, 0, 2),
        (1.1, 1.0, {1: 1}, 0, 2),
        (1.1, 1.0, {}, 1, 2),
        (1.1, 0.74, {}, 0, 3),
        (1.1, 1.0, {2: 1}, 1, 3),
        (0.5, 0.6, {}, 0, 4),
        (1.1, 1.0, {3: 1}, 0, 4),
        (1.1, 1.0, {3: 2}, 0, 5),
        (None, None, {}, 0, None),
        (1.1, None, {}, 0, None),
        (None, 0.74, {}, 0, 3),
    ],
)
def test_the_worst_condition_that_holds_decides(
    transit: float | None,
    health: float | None,
    alerts: dict[int, int],
    stale: int,
    level: int | None,
) -> None:
    found = city_status(RULES, scores(transit, health), Facts(alerts, stale, NAMES))
    assert found.level == level


def test_the_reason_names_the_domain_its_score_and_the_limit() -> None:
    found = city_status(RULES, scores(1.1, 0.7), Facts({2: 3}, 0, NAMES))
    assert found.reasons_zh == ("二级告警 3 起未结", "医疗健康得分 0.70，低于 0.75")
    assert found.reasons_en == ("level-2 alerts open: 3", "Health score 0.70, below 0.75")
    assert (found.name_zh, found.name_en) == ("预警", "warning")


def test_what_is_not_known_is_named_and_never_calm() -> None:
    found = city_status(RULES, scores(1.1, None), Facts(domain_names=NAMES))
    assert (found.level, found.name_zh, found.name_en) == (None, "未知", "not known")
    assert found.reasons_zh == ("医疗健康暂无可用得分",)
    assert found.reasons_en == ("no usable score for Health",)


def test_a_level_with_something_unknown_says_both() -> None:
    unfollowed = ("未在接收", "nobody follows it")
    found = city_status(RULES, scores(0.7, None), Facts({}, 0, NAMES, (unfollowed,)))
    assert found.level == 3
    assert found.reasons_en[0] == "Transit score 0.70, below 0.75"
    assert found.reasons_en[-2:] == ("no usable score for Health", "nobody follows it")


def test_a_city_of_which_nothing_is_known_is_not_calm() -> None:
    assert city_status(RULES, {}, Facts()).level is None
    watched = city_status(RULES, scores(1.2, 1.1), Facts(unknown=(("甲", "a"),)))
    assert (watched.level, watched.reasons_en) == (None, ("a",))


def test_the_rules_are_checked() -> None:
    assert [level.level for level in load_score_rules().status.levels] == [5, 4, 3, 2, 1]
    for rule, message in (
        ({"indicator": "nothing", "period": "day"}, "no indicator is called 'nothing'"),
        ({"indicator": "incident_count", "period": "latest"}, "latest is the period of stocks"),
        (
            {"indicator": "down_mean_mbps", "component": "mobile", "period": "week"},
            "kept by longer steps",
        ),
    ):
        with pytest.raises(DeclarationError, match=f"here: .*{message}"):
            check_scored(CHANGCHUN, Scored.model_validate(rule), "here")
    with pytest.raises(ValidationError, match="either at_least or below"):
        Condition(fact="alerts_1", reason_zh="", reason_en="")
