"""The wall's cards: a domain's score against target and its three indicators."""

from dash import html

from dashboard.components.domain_card import CardRow, domain_card, score_mark
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import HeadlineValue, read_headline, read_steps, shown_values
from dashboard.read.scores import score_evidence, score_text
from dashboard.scenes.model import Domain, Headline
from dashboard.wording.numbers import MISSING, format_change, format_reading, status_word
from dashboard.wording.periods import period_text
from layers.catalogue.registry import load_catalogue
from layers.score.attainment import Rating, target_text
from layers.score.score import DomainScore


def build_card(
    context: ScreenContext,
    domain: Domain,
    headlines: tuple[Headline, ...],
    steps: int,
    score: DomainScore,
) -> html.Section:
    """Return a domain's card."""
    rows = [build_row(context, headline, steps) for headline in headlines]
    mark = score_mark(score.rating, score_text(score.score), score_evidence(score))
    return domain_card(domain, mark, [row for row in rows if row])


def build_row(context: ScreenContext, headline: Headline, steps: int) -> CardRow | None:
    """Return a card's line; an indicator without data keeps its place with a text."""
    indicator = load_catalogue().get(headline.indicator)
    if indicator is None:
        return None
    labels = (headline.short_zh or indicator.label_zh, headline.short_en or indicator.label_en)
    shown = read_headline(context, headline)
    if shown is None:
        empty = format_reading(None, 2, indicator, "zh")
        word_en = status_word(2, "en")
        return CardRow(*labels, empty, word_en, "", Rating.NONE, (), Rating.NONE, "")
    return CardRow(
        *labels,
        reading=format_reading(shown.value.value, shown.value.status, indicator, "zh"),
        word_en=status_word(shown.value.status, "en"),
        change=change_text(shown),
        change_rating=shown.change_rating,
        series=shown_values(read_steps(context, shown, steps)),
        rating=shown.rating,
        evidence=evidence_line(shown),
    )


def change_text(shown: HeadlineValue) -> str:
    """Return the signed change since the period before."""
    if shown.change is None:
        return MISSING
    return format_change(shown.change, shown.indicator.unit_en, shown.indicator.decimals)


def evidence_line(shown: HeadlineValue) -> str:
    """Return period, target and sources in one line, as the title of the number."""
    target = shown.target
    limit = f" · {target_text(target)} {target.value:g} {target.source}" if target else ""
    return f"{period_text(shown.period)}{limit} · {', '.join(shown.build.sources)}"
