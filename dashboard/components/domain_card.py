"""The wall's card of a domain: its indicators with line, value, change and rating."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from dashboard.components.attributes import aria_label
from dashboard.components.colours import of_domain
from dashboard.components.sparkline import sparkline
from dashboard.components.text import two_lines
from dashboard.read.trends import Trend
from dashboard.wording.i18n import LANGUAGES, translate
from dashboard.wording.numbers import ShownNumber
from layers.catalogue.domains import Domain
from layers.score.attainment import Rating

NO_TREND = Trend()


@dataclass(frozen=True)
class CardRow:
    """The contents of one line of a card."""

    label_zh: str
    label_en: str
    reading: ShownNumber
    word_en: str
    look: str = ""  # the class of a number of few cases
    change: str = ""
    is_per_day: bool = False  # of the change
    change_rating: Rating = Rating.NONE
    trend: Trend = NO_TREND
    rating: Rating = Rating.NONE
    partial: tuple[str, ...] = ()  # what part of its period the value speaks of, by language
    evidence: str = ""


def rating_mark(rating: Rating) -> html.Span:
    """Return the sign of a rating with its word, for those who cannot see the colour."""
    words = " ".join(translate(f"standing.{rating}", language) for language in LANGUAGES)
    return html.Span(rating.sign, className=f"mark {rating}", title=words, **aria_label(words))


def card_row(row: CardRow, domain: Domain) -> html.Div:
    """Return one indicator's line."""
    unit = html.Span(row.reading.unit, className="unit")
    word = html.Span(row.reading.word, className="status-word", lang="zh-CN")
    note = html.Div(row.word_en, className="status-word", lang="en")
    return html.Div(
        [
            two_lines(row.label_zh, row.label_en, class_name="card-label"),
            sparkline(row.trend, domain.colour, row.label_en),
            html.Span(row.reading.text, className=f"number card-value {row.look}".strip()),
            html.Div([unit, word, note] if row.reading.word else unit, className="card-unit"),
            html.Div(
                [rating_mark(row.rating), html.Span(row.change, className="change"), *basis(row)],
                className="card-side",
            ),
            *partial_line(row),
        ],
        className="card-row",
        title=row.evidence,
    )


def basis(row: CardRow) -> list[html.Span]:
    """Return that the change is one of the daily mean, where it is."""
    words = " ".join(translate("change.basis", code) for code in LANGUAGES)
    return [html.Span(words, className="change-basis")] if row.is_per_day else []


def partial_line(row: CardRow) -> list[html.Div]:
    """Return what part of its period the value speaks of, in both languages; nothing for all."""
    return [html.Div(" · ".join(row.partial), className="partial-note")] if row.partial else []


def score_mark(rating: Rating, text: str, evidence: str) -> html.Span:
    """Return a score in the colour of its rating, with the rating's sign."""
    return html.Span(
        [rating_mark(rating), html.Span(text, className="number")],
        className=f"score {rating}",
        title=evidence,
    )


def domain_card(domain: Domain, score: html.Span, rows: Sequence[CardRow]) -> html.Section:
    """Return the card: the domain with its score against target, its indicators."""
    return html.Section(
        [
            html.Header([two_lines(*domain.labels, tag=html.H2, class_name="card-title"), score]),
            *[card_row(row, domain) for row in rows],
        ],
        className=f"card domain-{domain.key}",
        style=of_domain(domain),
    )


def domain_line(domain: Domain, score: html.Span, worst: CardRow | None) -> html.Section:
    """Return a domain in one line: its score against target and its worst indicator."""
    value = [] if worst is None else [worst.reading.text, worst.reading.unit]
    look = worst.look if worst else ""
    said = html.Div(
        [
            html.Span(" ".join(value), className=f"number card-value {look}".strip()),
            *(partial_line(worst) if worst else []),
        ],
        className="card-said",
    )
    label = two_lines(worst.label_zh, worst.label_en, class_name="card-label") if worst else ""
    return html.Section(
        [two_lines(*domain.short, tag=html.H2, class_name="card-title"), score, label, said],
        className=f"card-line domain-{domain.key}",
        style=of_domain(domain),
        title=worst.evidence if worst else "",
    )
