"""The wall's columns: read the headlines, draw the cards, the table, the ribbon and the list."""

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components.domain_card import CardRow, domain_card, score_mark
from dashboard.context import Context
from dashboard.headlines import HeadlineValue, read_headline, read_steps, shown_values
from dashboard.numbers import MISSING, format_change, format_reading, status_word
from dashboard.pages.wall import playlist
from dashboard.pages.wall.comparison import NOTHING, build_table
from dashboard.pages.wall.incidents import latest_incidents, ribbon_of_day
from dashboard.pages.wall.status import status_line
from dashboard.periods import period_text
from dashboard.scenes.model import Domain, Headline, WallConfiguration, load_wall
from dashboard.scoring import read_place_scores, score_evidence, score_text
from geodata.clock import now
from geodata.operations import read_freshness
from layers.registry import load_catalogue
from layers.score.attainment import Standing, target_text
from layers.score.score import CITY, DomainScore, PlaceScore, place_score


@dataclass(frozen=True)
class Panels:
    """Everything of the wall that changes with a load."""

    status: list[Component]
    cards: list[html.Section]
    ribbon: list[Component]
    right: list[html.Section]
    captions: list[html.Div]
    playlist: list[dict[str, object]]
    signature: str


def signature(context: Context) -> str:
    """Return a text that changes when the wall's contents may have: the load and the local hour."""
    freshness = read_freshness(context.engine)
    hour = now().astimezone(context.city.zone).strftime("%Y-%m-%dT%H")
    return f"{freshness.load_id}/{freshness.build_id}/{hour}"


def build_panels(context: Context) -> Panels:
    """Read and draw the whole wall."""
    configuration = load_wall()
    stops = playlist.build_stops(context, configuration)
    freshness = read_freshness(context.engine)
    scores = read_place_scores(context)
    return Panels(
        status=status_line(context, freshness, scores),
        cards=build_cards(context, configuration, scores.get(CITY, place_score({}))),
        ribbon=ribbon_of_day(context, freshness),
        right=[build_table(context, scores), latest_incidents(context, freshness)],
        captions=playlist.captions(context, stops),
        playlist=playlist.playlist(context, stops),
        signature=signature(context),
    )


def build_cards(
    context: Context, configuration: WallConfiguration, city: PlaceScore
) -> list[html.Section]:
    """Return the four domains' cards."""
    return [
        build_card(
            context,
            domain,
            headlines,
            configuration.spark_steps,
            city.domains.get(domain, NOTHING),
        )
        for domain, headlines in configuration.cards.items()
    ]


def build_card(
    context: Context,
    domain: Domain,
    headlines: tuple[Headline, ...],
    steps: int,
    score: DomainScore,
) -> html.Section:
    """Return a domain's card."""
    rows = [build_row(context, headline, steps) for headline in headlines]
    mark = score_mark(score.standing, score_text(score.score), score_evidence(score))
    return domain_card(domain, mark, [row for row in rows if row])


def build_row(context: Context, headline: Headline, steps: int) -> CardRow | None:
    """Return a card's line; an indicator without data keeps its place and says so."""
    indicator = load_catalogue().get(headline.indicator)
    if indicator is None:
        return None
    labels = (headline.short_zh or indicator.label_zh, headline.short_en or indicator.label_en)
    shown = read_headline(context, headline)
    if shown is None:
        empty = format_reading(None, 2, indicator, "zh")
        word_en = status_word(2, "en")
        return CardRow(*labels, empty, word_en, "", Standing.NONE, (), Standing.NONE, "")
    return CardRow(
        *labels,
        reading=format_reading(shown.value.value, shown.value.status, indicator, "zh"),
        word_en=status_word(shown.value.status, "en"),
        change=change_text(shown),
        change_standing=shown.change_standing,
        series=shown_values(read_steps(context, shown, steps)),
        standing=shown.standing,
        evidence=evidence_line(shown),
    )


def change_text(shown: HeadlineValue) -> str:
    """Return the signed change since the period before."""
    if shown.change is None:
        return MISSING
    return format_change(shown.change, shown.indicator.unit_en, shown.indicator.decimals)


def evidence_line(shown: HeadlineValue) -> str:
    """Return period, target and sources in one line, for the pointer of whoever asks."""
    target = shown.target
    limit = f" · {target_text(target)} {target.value:g} {target.source}" if target else ""
    return f"{period_text(shown.period)}{limit} · {', '.join(shown.build.sources)}"
