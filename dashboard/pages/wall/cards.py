"""The wall's cards: a domain's score against target and its three indicators."""

from collections.abc import Mapping, Sequence

from dash import html

from dashboard.components.domain_card import CardRow, domain_card, domain_line, score_mark
from dashboard.components.evidence import left_out_texts
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import HeadlineValue, read_headline, read_steps, shown_values
from dashboard.read.scores import score_evidence, score_text
from dashboard.read.values import read_cached_left_out
from dashboard.scenes.model import Headline, WallConfiguration
from dashboard.wording.i18n import LANGUAGES
from dashboard.wording.numbers import MISSING, format_change, format_reading, status_word
from dashboard.wording.periods import period_text
from layers.catalogue.domains import find_domain
from layers.catalogue.registry import load_catalogue
from layers.score.attainment import Rating, target_text
from layers.score.score import DomainScore

NOTHING = DomainScore(None, ())


def build_card(
    context: ScreenContext,
    wall: WallConfiguration,
    key: str,
    scores: Mapping[str, DomainScore],
) -> html.Section:
    """Return a domain's card, or its line where it is not among the large ones."""
    domain, score = find_domain(context.city, key), scores.get(key, NOTHING)
    evidence = score_evidence(context.city, score)
    mark = score_mark(score.rating, score_text(score.score), evidence)
    if key not in wall.domains[: wall.large]:
        return domain_line(domain, mark, worst_row(context, wall.cards[key], score))
    rows = [build_row(context, headline, wall.spark_steps) for headline in wall.cards[key]]
    return domain_card(domain, mark, [row for row in rows if row])


def worst_row(
    context: ScreenContext, headlines: Sequence[Headline], score: DomainScore
) -> CardRow | None:
    """Return the indicator furthest from its target; the first one where none has a score."""
    known = [part for part in score.parts if part.score is not None]
    worst = min(known, key=lambda part: part.score or 0.0, default=None)
    if worst is None:
        return build_row(context, headlines[0], 1) if headlines else None
    named = (row for row in headlines if row.indicator == worst.indicator)
    own = Headline(indicator=worst.indicator, component=worst.component)
    return build_row(context, next(named, own), 1)


def build_row(context: ScreenContext, headline: Headline, steps: int) -> CardRow | None:
    """Return a card's line; an indicator without data keeps its place with a text."""
    indicator = load_catalogue(context.city).get(headline.indicator)
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
        evidence=evidence_line(context, shown),
    )


def change_text(shown: HeadlineValue) -> str:
    """Return the signed change since the period before."""
    if shown.change is None:
        return MISSING
    return format_change(shown.change, shown.indicator.unit_en, shown.indicator.decimals)


def evidence_line(context: ScreenContext, shown: HeadlineValue) -> str:
    """Return period, target, sources and what lies outside in one line, as the number's title."""
    target = shown.target
    limit = f" · {target_text(target)} {target.value:g} {target.source}" if target else ""
    left_out = read_cached_left_out(context, shown.build, shown.period, shown.component)
    said = "".join(
        f" · {text}" for language in LANGUAGES for text in left_out_texts(left_out, language)
    )
    return f"{period_text(shown.period)}{limit} · {', '.join(shown.build.sources)}{said}"
