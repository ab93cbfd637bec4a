"""The kiosk's subjects: one plain sentence with a number, compared with the city."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.colours import of_domain
from dashboard.components.text import named
from dashboard.pages.kiosk.districts import district_name
from dashboard.pages.kiosk.state import KioskState
from dashboard.read.context import ScreenContext
from dashboard.read.public import PublicNumbers, read_public_numbers, read_public_reason
from dashboard.read.values import Value
from dashboard.scenes.model import KioskSubject, load_kiosk
from dashboard.wording.i18n import Language, translate
from dashboard.wording.numbers import format_number, format_reading, is_shown, look_of
from dashboard.wording.periods import known_period_text, stale_text
from layers.catalogue.domains import find_domain
from layers.states.status import Status


def chosen_domain(context: ScreenContext, state: KioskState) -> str | None:
    """Return the domain whose subject colours the map; None where the city declares none."""
    subjects = load_kiosk(context.city).subjects
    return state.subject if state.subject in subjects else next(iter(subjects), None)


def subject_cards(context: ScreenContext, state: KioskState) -> list[dcc.Link]:
    """Return the cards in the order of the configuration; a touch puts one on the map."""
    subjects = load_kiosk(context.city).subjects.items()
    return [subject_card(context, state, domain, subject) for domain, subject in subjects]


def subject_card(
    context: ScreenContext, state: KioskState, domain: str, subject: KioskSubject
) -> dcc.Link:
    """Return one subject."""
    found = read_public_numbers(context, subject)
    body: list[Component] = [html.P(nothing(context, subject, state.lang), className="sentence")]
    if found is not None:
        body = subject_body(context, state, subject, found)
    chosen = " chosen" if domain == chosen_domain(context, state) else ""
    return dcc.Link(
        [html.H3(named(subject.title_zh, subject.title_en, state.lang)), *body],
        href="/kiosk" + state.search(subject=domain),
        className=f"subject domain-{domain}{chosen}",
        style=of_domain(find_domain(context.city, domain)),
    )


def nothing(context: ScreenContext, subject: KioskSubject, language: Language) -> str:
    """Return the sentence of a subject that has no published number, and why."""
    reason = read_public_reason(context, subject, language)
    return f"{translate('kiosk.no_value', language)} ({reason})"


def subject_body(
    context: ScreenContext, state: KioskState, subject: KioskSubject, found: PublicNumbers
) -> list[Component]:
    """Return the number, the sentence that says it, and the comparison."""
    lang = state.lang
    own, whole = found.value(state.district), found.value(None)
    reading = format_reading(own.value, own.status, found.indicator, lang)
    city = format_reading(whole.value, whole.status, found.indicator, lang)
    word = reading.word
    if own.status == Status.STALE:
        word = f"{word} {stale_text(found.layer.as_of, context.city.zone, lang)}".strip()
    figure = f"number {look_of(own.status)}".strip()
    number = html.P(
        [html.Span(reading.text, className=figure), html.Span(reading.unit, className="unit")],
        className="subject-number",
    )
    coverage = found.coverage(state.district)
    compared = translate("kiosk.compare_city", lang, value=f"{city.text} {city.unit}".strip())
    lines = [
        html.P(sentence(context, state, subject, own, word), className="sentence"),
        compare_bar(own, whole) if state.district else html.Div(),
        html.P(
            [
                html.Span(compared if state.district else ""),
                html.Span(
                    translate("kiosk.period", lang, period=known_period_text(coverage, lang))
                ),
            ],
            className="caption",
        ),
    ]
    return [number, *lines]


def sentence(
    context: ScreenContext, state: KioskState, subject: KioskSubject, own: Value, word: str
) -> str:
    """Return the sentence with district and value, or why there is none."""
    if own.value is None or not is_shown(own.value, own.status):
        return f"{translate('kiosk.no_value', state.lang)} ({word})"
    template = named(subject.sentence_zh, subject.sentence_en, state.lang)
    name = place_name(context, state, state.lang)
    text = format_number(own.value, subject.decimals)
    return template.format(district=name, value=text) + (f" ({word})" if word else "")


def place_name(context: ScreenContext, state: KioskState, language: Language) -> str:
    """Return the place as a sentence names it."""
    return named(*district_name(context, state), language)


def compare_bar(own: Value, whole: Value) -> html.Div:
    """Return district and city as two bars of one scale."""
    values = [v.value if is_shown(v.value, v.status) else None for v in (own, whole)]
    most = max([value for value in values if value] or [1.0])
    bars = [
        html.Div(
            className=f"compare-bar {name}",
            style={"width": f"{100 * (value or 0) / most:.1f}%"},
        )
        for name, value in zip(("own", "whole"), values, strict=True)
    ]
    return html.Div(bars, className="compare")
