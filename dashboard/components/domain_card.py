"""The wall's card of a domain: its indicators with line, value, change and rating."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from dashboard.components.attributes import aria_label
from dashboard.components.sparkline import sparkline
from dashboard.components.text import bilingual, two_lines
from dashboard.wording.i18n import LANGUAGES, translate
from dashboard.wording.numbers import ShownNumber
from layers.score.attainment import Rating


@dataclass(frozen=True)
class CardRow:
    """The contents of one line of a card."""

    label_zh: str
    label_en: str
    reading: ShownNumber
    word_en: str
    change: str
    change_rating: Rating
    series: tuple[float | None, ...]
    rating: Rating
    evidence: str


def rating_mark(rating: Rating) -> html.Span:
    """Return the sign of a rating with its word, for those who cannot see the colour."""
    words = " ".join(translate(f"standing.{rating}", language) for language in LANGUAGES)
    return html.Span(rating.sign, className=f"mark {rating}", title=words, **aria_label(words))


def card_row(row: CardRow, domain: str) -> html.Div:
    """Return one indicator's line."""
    unit = html.Span(row.reading.unit, className="unit")
    word = html.Span(row.reading.word, className="status-word", lang="zh-CN")
    note = html.Div(row.word_en, className="status-word", lang="en")
    return html.Div(
        [
            two_lines(row.label_zh, row.label_en, class_name="card-label"),
            sparkline(row.series, domain, row.label_en),
            html.Span(row.reading.text, className="number card-value"),
            html.Div([unit, word, note] if row.reading.word else unit, className="card-unit"),
            html.Div(
                [rating_mark(row.rating), html.Span(row.change, className="change")],
                className="card-side",
            ),
        ],
        className="card-row",
        title=row.evidence,
    )


def score_mark(rating: Rating, text: str, evidence: str) -> html.Span:
    """Return a score in the colour of its rating, with the rating's sign."""
    return html.Span(
        [rating_mark(rating), html.Span(text, className="number")],
        className=f"score {rating}",
        title=evidence,
    )


def domain_card(domain: str, score: html.Span, rows: Sequence[CardRow]) -> html.Section:
    """Return the card: the domain with its score against target, its indicators."""
    return html.Section(
        [
            html.Header(
                [bilingual(f"domain.{domain}", tag=html.H2, class_name="card-title"), score]
            ),
            *[card_row(row, domain) for row in rows],
        ],
        className=f"card domain-{domain}",
    )
