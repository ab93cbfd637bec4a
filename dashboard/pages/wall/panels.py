"""The wall's columns: read the headlines, draw the cards, the table, the ribbon and the list."""

from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from dashboard.components.domain_card import CardRow, domain_card
from dashboard.components.provenance import age_text, local_time, simulated_badge
from dashboard.components.text import two_lines
from dashboard.context import Context
from dashboard.headlines import HeadlineValue, read_headline, read_steps, shown_values
from dashboard.i18n import LANGUAGES, translate
from dashboard.numbers import MISSING, format_change, format_reading, status_word
from dashboard.pages.wall import playlist
from dashboard.pages.wall.comparison import build_table
from dashboard.pages.wall.incidents import latest_incidents, ribbon_of_day
from dashboard.periods import period_text
from dashboard.scenes.model import Domain, Headline, load_wall
from geodata.clock import now
from geodata.operations import Freshness, read_freshness
from layers.registry import load_catalogue
from layers.score.attainment import Standing, target_text


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
    return Panels(
        status=status_line(context, freshness),
        cards=[
            build_card(context, domain, headlines, configuration.spark_steps)
            for domain, headlines in configuration.cards.items()
        ],
        ribbon=ribbon_of_day(context, freshness),
        right=[build_table(context, configuration.table), latest_incidents(context, freshness)],
        captions=playlist.captions(context, stops),
        playlist=playlist.playlist(context, stops),
        signature=signature(context),
    )


def status_line(context: Context, freshness: Freshness) -> list[Component]:
    """Return the badge and how old the newest incident on the screen is."""
    return [simulated_badge(freshness.is_simulated), data_age(context, freshness.incidents_to)]


def data_age(context: Context, newest: datetime | None) -> Component:
    """Return as-of time and age of the live source."""
    if newest is None:
        return two_lines(translate("app.no_data_yet", "zh"), translate("app.no_data_yet", "en"))
    lines = [
        f"{translate('app.as_of', code)} {local_time(newest, context.city.timezone)} · "
        f"{translate('app.data_age', code)} {age_text(now() - newest, code)}"
        for code in LANGUAGES
    ]
    return two_lines(lines[0], lines[1], class_name="data-age")


def build_card(
    context: Context, domain: Domain, headlines: tuple[Headline, ...], steps: int
) -> html.Section:
    """Return a domain's card."""
    rows = [build_row(context, headline, steps) for headline in headlines]
    return domain_card(domain, [row for row in rows if row])


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
