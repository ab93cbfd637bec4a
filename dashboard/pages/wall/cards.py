"""The wall's cards: a domain's score against target and its three indicators."""

from collections.abc import Mapping, Sequence

from dash import html

from dashboard.components.domain_card import CardRow, domain_card, domain_line, score_mark
from dashboard.components.evidence import left_out_texts
from dashboard.components.provenance import source_names
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import HeadlineValue, read_headline
from dashboard.read.reasons import read_reason
from dashboard.read.scores import score_evidence, score_text
from dashboard.read.trends import Trend, read_trend
from dashboard.read.values import read_cached_left_out
from dashboard.scenes.model import Headline, WallConfiguration
from dashboard.wording.i18n import LANGUAGES
from dashboard.wording.numbers import (
    MISSING,
    ShownNumber,
    change_text,
    format_reading,
    look_of,
    status_word,
)
from dashboard.wording.periods import (
    change_words,
    known_period_text,
    partial_words,
    stale_words,
)
from layers.catalogue.domains import find_domain
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import load_catalogue
from layers.score.attainment import target_text
from layers.score.score import DomainScore
from layers.states.status import Status

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
        return empty_row(context, indicator, labels)
    trend = read_trend(context, shown, steps)
    return CardRow(
        *labels,
        reading=format_reading(shown.value.value, shown.value.status, indicator, "zh"),
        word_en=status_word(shown.value.status, "en"),
        look=look_of(shown.value.status),
        change=change_text(shown.change, shown.indicator),
        is_per_day=shown.change.share is not None,
        change_rating=shown.change_rating,
        trend=trend,
        rating=shown.rating,
        partial=note_words(context, shown, trend),
        evidence=evidence_line(context, shown),
    )


def note_words(context: ScreenContext, shown: HeadlineValue, trend: Trend) -> tuple[str, ...]:
    """Return until when a value out of date is known, else what part of its period it tells of."""
    if shown.value.status == Status.STALE:
        return stale_words(shown.build.as_of, context.city.zone)
    return () if trend.is_dated else partial_words(shown.coverage)


def empty_row(context: ScreenContext, indicator: Indicator, labels: tuple[str, str]) -> CardRow:
    """Return the line of an indicator without data, which says what is not loaded."""
    zh, en = (status_word(Status.NO_DATA, code) for code in LANGUAGES)
    reasons = [read_reason(context, indicator, code) for code in LANGUAGES]
    why = tuple(reason for reason in reasons if reason)
    return CardRow(*labels, ShownNumber(MISSING, "", zh), en, partial=why)


def evidence_line(context: ScreenContext, shown: HeadlineValue) -> str:
    """Return what the number rests on, what lies outside and what the change compares."""
    target = shown.target
    limit = f" · {target_text(target)} {target.value:g} {target.source}" if target else ""
    sources = " ".join(source_names(context.city, shown.build.sources, each) for each in LANGUAGES)
    left_out = read_cached_left_out(context, shown.build, shown.period, shown.component)
    said = "".join(
        f" · {text}" for language in LANGUAGES for text in left_out_texts(left_out, language)
    )
    first = f"{known_period_text(shown.coverage, 'zh')}{limit} · {sources}{said}"
    return "\n".join([first, *(change_words(shown.change, code) for code in LANGUAGES)])
