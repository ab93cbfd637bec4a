"""`/district/<code>`: all indicators of one district, beside the city's."""

from typing import Any
from urllib.parse import parse_qs

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.colours import of_domain
from dashboard.components.district_facts import facility_table, incident_table
from dashboard.components.domain_card import rating_mark
from dashboard.components.provenance import simulated_badge
from dashboard.components.sparkline import sparkline
from dashboard.components.text import two_lines
from dashboard.page import Page, Words
from dashboard.pages.district.outline_map import district_map
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import HeadlineValue, read_headline
from dashboard.read.reasons import read_reason
from dashboard.read.trends import Trend, read_trend
from dashboard.read.values import Value, read_one
from dashboard.scenes.model import Headline, load_wall
from dashboard.wording.i18n import LANGUAGES, Language, as_language, translate
from dashboard.wording.numbers import MISSING, change_text, format_reading, look_of, status_word
from dashboard.wording.periods import change_words, partial_words, period_text, stale_words
from geodata.errors import NotFoundError
from geodata.identity.caller import USERS
from geodata.queries.screens import read_district_list, read_freshness
from layers.catalogue.domains import find_domain
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import load_catalogue
from layers.states.status import Status

STEPS = 28


def layout(context: ScreenContext, rest: str, search: str) -> html.Main:
    """Return the district's page.

    Raises:
        NotFoundError: there is no such district.
    """
    given = parse_qs(search.lstrip("?"))
    language = as_language(given.get("lang", [None])[-1])
    row = read_district(context, rest)
    return html.Main(
        [
            header(context, row),
            html.Div(
                [
                    domain_section(context, domain, rest, language)
                    for domain in load_wall(context.city).domains
                ],
                className="district-domains",
            ),
            html.Aside(
                [
                    district_map(context, rest, given.get("indicator", [None])[-1], language),
                    facility_table(context, rest),
                    incident_table(context, rest),
                ],
                className="district-side",
            ),
        ],
        className="district",
    )


def read_district(context: ScreenContext, district_id: str) -> dict[str, Any]:
    """Return a district's row.

    Raises:
        NotFoundError: there is no such district.
    """
    found = read_district_list(context.engine).filter(pl.col("district_id") == district_id)
    if found.is_empty():
        raise NotFoundError(f"no district is called {district_id!r}")
    return found.row(0, named=True)


def header(context: ScreenContext, row: dict[str, object]) -> html.Header:
    """Return the district's names, size, provenance and links."""
    area = row["area_km2"]
    words = [
        translate("district.area", code, area=f"{area:,.0f}") if area else ""
        for code in ("zh", "en")
    ]
    return html.Header(
        [
            dcc.Link(two_lines(context.city.title_zh, context.city.title_en), href="/"),
            two_lines(str(row["name_zh"]), str(row["name_en"]), tag=html.H1),
            two_lines(words[0], words[1], class_name="caption"),
            simulated_badge(read_freshness(context.engine).is_simulated),
            dcc.Link(
                two_lines(translate("district.explore", "zh"), translate("district.explore", "en")),
                href=f"/explore?district={row['district_id']}",
                className="button",
            ),
        ],
        className="district-header",
    )


def domain_section(
    context: ScreenContext, key: str, district_id: str, language: Language
) -> html.Section:
    """Return a domain's indicators as a table."""
    domain = find_domain(context.city, key)
    entries = [
        entry
        for entry in load_catalogue(context.city).values()
        if entry.domain == key and "district" in entry.geometry
    ]
    rows = [indicator_row(context, entry, district_id) for entry in entries]
    heads = [
        ("", ""),
        *[
            (translate(f"district.{k}", "zh"), translate(f"district.{k}", "en"))
            for k in ("value", "city", "change")
        ],
    ]
    head = html.Tr([html.Th(two_lines(*pair) if pair[0] else "", scope="col") for pair in heads])
    title = two_lines(*domain.labels, tag=html.H2)
    return html.Section(
        [title, html.Table([html.Thead(head), html.Tbody(rows)])],
        className=f"panel domain-{key}",
        style=of_domain(domain),
    )


def indicator_row(context: ScreenContext, entry: Indicator, district_id: str) -> html.Tr:
    """Return one indicator: name, line, district, city, change."""
    shown = read_headline(context, Headline(indicator=entry.key), district_id)
    name = dcc.Link(
        two_lines(entry.label_zh, entry.label_en),
        href=f"/explore?indicator={entry.key}&district={district_id}",
    )
    if shown is None:
        words = [read_reason(context, entry, code) or MISSING for code in LANGUAGES]
        return html.Tr([html.Th(name, scope="row"), html.Td(two_lines(*words), colSpan=3)])
    colour = find_domain(context.city, entry.domain).colour
    trend = read_trend(context, shown, STEPS, district_id)
    return html.Tr(
        [
            html.Th(
                [name, sparkline(trend, colour, entry.label_en), partial(context, shown, trend)],
                scope="row",
            ),
            *numbers(context, shown),
        ]
    )


def numbers(context: ScreenContext, shown: HeadlineValue) -> list[Component]:
    """Return the district's value, the city's and the change."""
    entry = shown.indicator
    whole = read_one(context, shown.build, shown.period, shown.component)
    words = "\n".join(change_words(shown.change, code) for code in LANGUAGES)
    return [
        html.Td([rating_mark(shown.rating), *reading(shown.value, entry)]),
        html.Td([*reading(whole, entry)]),
        html.Td(
            [
                html.Span(change_text(shown.change, entry), className="change"),
                html.Span(period_text(shown.period), className="unit"),
                *basis(shown),
            ],
            title=words,
        ),
    ]


def reading(value: Value, entry: Indicator) -> list[Component]:
    """Return a number with its unit and the word of its status in both languages."""
    shown = format_reading(value.value, value.status, entry, "zh")
    words = [shown.unit, *(dict.fromkeys(status_word(value.status, code) for code in LANGUAGES))]
    return [
        html.Span(shown.text, className=f"number {look_of(value.status)}".strip()),
        html.Span(" ".join(words).strip(), className="unit"),
    ]


def partial(context: ScreenContext, shown: HeadlineValue, trend: Trend) -> html.Div:
    """Return until when a value out of date is known, else what part of its period it tells of."""
    said = () if trend.is_dated else partial_words(shown.coverage)
    if shown.value.status == Status.STALE:
        said = stale_words(shown.build.as_of, context.city.zone)
    return html.Div([html.Div(text) for text in said], className="partial-note")


def basis(shown: HeadlineValue) -> list[html.Span]:
    """Return that the change is one of the daily mean, where it is."""
    if shown.change.share is None:
        return []
    words = " ".join(translate("change.basis", code) for code in LANGUAGES)
    return [html.Span(words, className="unit")]


def check(context: ScreenContext, rest: str) -> None:
    """Refuse an address that names no district."""
    read_district(context, rest)


PAGE = Page("district", Words("区县", "District"), layout, check=check, roles=frozenset(USERS))
