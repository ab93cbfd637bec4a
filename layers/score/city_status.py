"""The city's status, 1 (calm) to 5 (critical), with its reasons in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from layers.score.attainment import Rating
from layers.score.rules import Condition, Fact, ScoreRules, load_score_rules
from layers.score.score import CITY, PlaceScore


@dataclass(frozen=True)
class CityStatus:
    """A level with its names and the reasons for it, in the rule's order."""

    level: int
    name_zh: str
    name_en: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """The facts that the conditions test besides the scores."""

    open_alerts: Mapping[int, int] = field(default_factory=dict)  # severity -> alerts open
    stale_live_sources: int = 0
    domain_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # zh, en


def city_status(scores: Mapping[str, PlaceScore], facts: Facts) -> CityStatus:
    """Return the worst level of which a condition holds; level 1 where none does.

    An unknown fact, such as a score without data, fulfils no condition.
    """
    rules = load_score_rules()
    values = _values(scores, facts)
    worst = _worst_domain(scores)
    for level in rules.levels[:-1]:
        held = [each for each in level.any_of if _holds(each, values)]
        if held:
            names = facts.domain_names.get(worst, (worst, worst))
            zh, en = zip(*(_reason(each, values, names) for each in held), strict=True)
            return CityStatus(level.level, level.name_zh, level.name_en, zh, en)
    return _calm(rules)


def _calm(rules: ScoreRules) -> CityStatus:
    level = rules.levels[-1]
    return CityStatus(level.level, level.name_zh, level.name_en, (rules.calm_zh,), (rules.calm_en,))


def _values(scores: Mapping[str, PlaceScore], facts: Facts) -> dict[Fact, float | None]:
    city = scores.get(CITY)
    domains = city.domains if city else {}
    known = [domain.score for domain in domains.values() if domain.score is not None]
    districts = [place for key, place in scores.items() if key != CITY]
    alerts = facts.open_alerts
    return {
        "city_score": city.score if city else None,
        "worst_domain_score": min(known, default=None),
        "districts_off_target": float(sum(p.rating is Rating.BAD for p in districts)),
        "alerts_1": float(alerts.get(1, 0)),
        "alerts_2": float(alerts.get(2, 0)),
        "alerts_3": float(alerts.get(3, 0)),
        "stale_live_sources": float(facts.stale_live_sources),
    }


def _worst_domain(scores: Mapping[str, PlaceScore]) -> str:
    city = scores.get(CITY)
    known: Iterator[tuple[float, str]] = (
        (domain.score, key)
        for key, domain in (city.domains.items() if city else ())
        if domain.score is not None
    )
    return min(known, default=(0.0, ""))[1]


def _holds(condition: Condition, values: Mapping[Fact, float | None]) -> bool:
    value = values[condition.fact]
    return value is not None and condition.holds(value)


def _reason(
    condition: Condition, values: Mapping[Fact, float | None], names: tuple[str, str]
) -> tuple[str, str]:
    """Return the reason in both languages; scores with two decimals, counts without."""
    decimals = 2 if condition.fact.endswith("_score") else 0
    value = f"{values[condition.fact]:.{decimals}f}"
    limit = f"{condition.limit:.{decimals}f}"
    return (
        condition.reason_zh.format(value=value, limit=limit, domain=names[0]),
        condition.reason_en.format(value=value, limit=limit, domain=names[1]),
    )
