"""Scores for the screens: cached by the versions they rest on, and put into words."""

from dashboard.read.context import ScreenContext
from dashboard.read.values import read_build_or_none
from dashboard.wording.i18n import LANGUAGES, translate
from dashboard.wording.numbers import MISSING, format_number, format_value
from dashboard.wording.periods import period_text
from geodata.clock import now
from layers.catalogue.registry import find_indicator
from layers.score.attainment import target_text
from layers.score.rules import load_score_rules
from layers.score.score import DomainScore, Part, PlaceScore, read_scores


def read_place_scores(context: ScreenContext) -> dict[str, PlaceScore]:
    """Return the scores of the city and the districts, read again when states or the day change."""
    used = {
        scored.indicator for entries in load_score_rules().domains.values() for scored in entries
    }
    builds = [read_build_or_none(context, find_indicator(key)) for key in sorted(used)]
    versions = "/".join(build.version if build else "" for build in builds)
    today = now().astimezone(context.city.zone).date()
    return context.cache.get_or(
        f"scores/{today}/{versions}", lambda: read_scores(context.engine, context.city)
    )


def score_text(score: float | None) -> str:
    """Return a score with two decimals, a dash where there is none."""
    return MISSING if score is None else format_number(score, 2)


def score_evidence(domain: DomainScore) -> str:
    """Return what a domain's score rests on, one line an indicator, and the rule."""
    rules = load_score_rules()
    rule = [
        translate("score.rule", code, cap=rules.cap, share=f"{rules.known_share:.0%}")
        for code in LANGUAGES
    ]
    return "\n".join([*(part_line(part) for part in domain.parts), *rule])


def part_line(part: Part) -> str:
    """Return the line of an indicator: value, target, period and score."""
    indicator = find_indicator(part.indicator)
    component = indicator.components.get(part.component)
    name = f"{indicator.label_zh} {indicator.label_en}"
    if component:
        name += f" · {component.label_zh}"
    value = MISSING
    if part.value is not None:
        value = format_value(part.value, indicator.unit_en, indicator.decimals)
    when = period_text(part.period) if part.period else MISSING
    return f"{name}: {value} ({when}) · {target_words(part)} · {score_text(part.score)}"


def target_words(part: Part) -> str:
    """Return the target with its source and whether it is confirmed, or that there is none."""
    target = part.target
    if target is None:
        return " ".join(translate("standing.none", code) for code in LANGUAGES)
    confirmed = "" if part.is_confirmed else f", {translate('wall.unconfirmed', 'en')}"
    return f"{target_text(target)} {target.value:g} ({target.source} {target.clause}{confirmed})"
