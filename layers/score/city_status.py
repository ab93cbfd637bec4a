"""The city's status, 1 (calm) to 5 (critical), with its reasons in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layers.score.attainment import Rating
from layers.score.rules import Condition, Fact, StatusRules
from layers.score.score import CITY, PlaceScore

Words = tuple[str, str]  # zh, en


@dataclass(frozen=True)
class CityStatus:
    """A level with its names and the reasons for it, in the rule's order.

    Without a level it is not known: nothing is known to be wrong, but not all is known. A level
    with something unknown is the least that it can be.
    """

    level: int | None
    name_zh: str
    name_en: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    unknown: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Facts:
    """The facts that the conditions test besides the scores.

    `unknown` names what cannot be judged besides domains without a score.
    """

    open_alerts: Mapping[int, int] = field(default_factory=dict)  # severity -> alerts open
    stale_live_sources: int = 0
    domain_names: Mapping[str, Words] = field(default_factory=dict)
    unknown: tuple[Words, ...] = ()


def city_status(rules: StatusRules, scores: Mapping[str, PlaceScore], facts: Facts) -> CityStatus:
    """Return the worst level of which a condition holds; calm only where all is known.

    An unknown fact, such as a score without data, fulfils no condition and is named.
    """
    values = _values(scores, facts)
    unknown = _unknown(rules, scores, facts)
    worst = _worst_domain(scores)
    for level in rules.levels[:-1]:
        held = [each for each in level.any_of if _holds(each, values)]
        if held:
            names = facts.domain_names.get(worst, (worst, worst))
            reasons = [*(_reason(each, values, names) for each in held), *unknown]
            return _status(level.level, level.names, reasons, unknown)
    if unknown:
        return _status(None, (rules.unknown_zh, rules.unknown_en), unknown, unknown)
    calm = rules.levels[-1]
    return _status(calm.level, calm.names, [(rules.calm_zh, rules.calm_en)], ())


def _status(
    level: int | None, names: Words, reasons: Sequence[Words], unknown: Sequence[Words]
) -> CityStatus:
    zh, en = zip(*reasons, strict=True)
    return CityStatus(level, *names, zh, en, tuple(unknown))


def _unknown(
    rules: StatusRules, scores: Mapping[str, PlaceScore], facts: Facts
) -> tuple[Words, ...]:
    """Return what is not known, in words: the domains without a score, then the other facts."""
    city = scores.get(CITY)
    if city is None or not city.domains:
        return ((rules.nothing_zh, rules.nothing_en), *facts.unknown)
    without = [key for key, domain in city.domains.items() if domain.score is None]
    named = [facts.domain_names.get(key, (key, key)) for key in without]
    if not named:
        return facts.unknown
    zh, en = "、".join(zh for zh, _ in named), ", ".join(en for _, en in named)
    words = (rules.unscored_zh.format(domains=zh), rules.unscored_en.format(domains=en))
    return (words, *facts.unknown)


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
