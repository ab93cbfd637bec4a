"""The rules that raise no alert because nothing is known: said, so that silence is not trusted."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual, named, two_lines
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, Language, translate
from geodata.city.configuration import City
from geodata.clock import now
from layers.alerts.rules import (
    COUNTED,
    AbnormalLoadRule,
    HeldLoadRule,
    Rule,
    StaleRule,
    TargetRule,
)
from layers.alerts.watch import Judgement, read_judgements
from layers.catalogue.registry import find_indicator


def unjudged_section(context: ScreenContext) -> Component:
    """Return the rules that cannot be judged now and why; hidden where all can."""
    with context.engine.connect() as connection:
        judged = read_judgements(connection, context.city, now())
    lines = [line for each in judged if (line := unjudged_line(context.city, each))]
    return html.Section(
        [bilingual("duty.unjudged", tag=html.H2), html.Ul(lines)],
        className="panel duty-unjudged",
        hidden=not lines,
    )


def unjudged_line(city: City, judged: Judgement) -> html.Li | None:
    """Return the line of a rule, None where it was judged for all of its subjects."""
    if judged.judged_at is None:
        why = [translate("duty.never_judged", code) for code in LANGUAGES]
    elif not judged.is_recent:
        at = local_time(judged.judged_at, city.timezone)
        why = [translate("duty.judged_last", code, at=at) for code in LANGUAGES]
    elif judged.unknown:
        counts = {"count": len(judged.unknown), "of": judged.subjects}
        why = [translate("duty.unknown_of", code, **counts) for code in LANGUAGES]
    else:
        return None
    names = [rule_name(city, judged.rule, code) for code in LANGUAGES]
    zh, en = (f"{name} · {words}" for name, words in zip(names, why, strict=True))
    return html.Li(two_lines(zh, en))


def rule_name(city: City, rule: Rule, language: Language) -> str:
    """Return what a rule watches, in words."""
    match rule:
        case TargetRule():
            return _indicator_name(city, rule.indicator, rule.component, language)
        case AbnormalLoadRule():
            name = _indicator_name(city, COUNTED, "", language)
            return f"{name} · {translate('duty.abnormal', language)} ({_by(rule.by, language)})"
        case StaleRule():
            return translate("duty.silent_sources", language)
        case HeldLoadRule():
            return translate("duty.held_loads", language)


def _indicator_name(city: City, key: str, component: str, language: Language) -> str:
    indicator = find_indicator(city, key)
    name = named(indicator.label_zh, indicator.label_en, language)
    part = indicator.components.get(component)
    return f"{name} · {named(part.label_zh, part.label_en, language)}" if part else name


def _by(by: str, language: Language) -> str:
    return translate(f"duty.by_{by}", language)
