"""The right column of explore: the number of the selected place and its evidence."""

from dataclasses import dataclass

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.domain_card import rating_mark
from dashboard.components.evidence import (
    EvidenceSheet,
    evidence_sheet,
    interval_text,
    left_out_texts,
    part_text,
)
from dashboard.components.history import history
from dashboard.components.text import named
from dashboard.pages.explore.catalogue import PATH
from dashboard.pages.explore.view import View
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline, read_steps
from dashboard.read.values import Value, read_cached_left_out, read_cached_values, read_one
from dashboard.wording.i18n import Language, translate
from dashboard.wording.numbers import format_number, format_reading, is_shown
from geodata.queries.screens import read_district_list
from geodata.tables import UNKNOWN_DISTRICT
from layers.catalogue.domains import find_domain
from layers.catalogue.indicator import StateClass
from layers.score.attainment import rate_value
from layers.values.left_out import LeftOut
from layers.values.selection import By

HISTORY_STEPS = 60
SHORTEST_HISTORY = 2


@dataclass(frozen=True)
class Selected:
    """The place that the inspector shows."""

    name: str
    district_id: str | None
    cell: int | None


def selected(context: ScreenContext, view: View) -> Selected:
    """Return the selected cell, else district, else the city, named in the page's language."""
    state = view.state
    if state.cell_id and "cell" in view.indicator.geometry:
        return Selected(
            f"{translate('explore.cell', state.lang)} {state.cell}", None, state.cell_id
        )
    districts = read_district_list(context.engine)
    row = districts.filter(pl.col("district_id") == (state.district or ""))
    if row.is_empty() or "district" not in view.indicator.geometry:
        return Selected(translate("explore.city", state.lang), None, None)
    found = row.row(0, named=True)
    name = named(found["name_zh"], found["name_en"], state.lang)
    return Selected(name, found["district_id"], None)


def inspector(context: ScreenContext, view: View) -> list[Component]:
    """Return the contents of the inspector."""
    if view.subject is None:
        return [html.P(translate("app.no_data_yet", view.state.lang))]
    place = selected(context, view)
    subject = view.subject
    value = read_one(
        context,
        subject.build,
        subject.period,
        subject.component,
        district_id=place.district_id,
        cell=place.cell,
    )
    left_out = LeftOut()
    if place.district_id is None and place.cell is None:
        left_out = read_cached_left_out(context, subject.build, subject.period, subject.component)
    return [
        head(view, place),
        number(subject, value, view.state.lang),
        *beside(left_out, view.state.lang),
        facts(context, subject, place, value, view.state.lang),
        history_section(context, subject, place, view.state.lang),
        sheet(context, subject, value, left_out, view.state.lang),
        *further(context, view, place),
    ]


def head(view: View, place: Selected) -> html.Header:
    """Return the selected place and the link that clears the selection."""
    clear = dcc.Link(
        translate("explore.clear", view.state.lang),
        href=PATH + view.state.search(cell=None, district=None),
        className="button",
    )
    chosen = place.cell or place.district_id
    return html.Header([html.H2(place.name), *([clear] if chosen else [])])


def number(subject: ResolvedHeadline, value: Value, language: Language) -> html.Div:
    """Return the number with unit, rating and status word."""
    reading = format_reading(value.value, value.status, subject.indicator, language)
    shown = value.value if is_shown(value.value, value.status) else None
    rating = rate_value(shown, subject.target)
    return html.Div(
        [
            html.Span(reading.text, className="number", id="inspector-value"),
            html.Span(reading.unit, className="unit"),
            rating_mark(rating),
            html.Span(translate(f"standing.{rating}", language), className=f"word {rating}"),
            html.Span(reading.word, className="status-word"),
        ],
        className="inspector-number",
    )


def beside(left_out: LeftOut, language: Language) -> list[Component]:
    """Return how much lies in no district, below the number that counts it or does not."""
    said = left_out_texts(left_out, language)
    return [html.P(text, className="caption beside") for text in said]


def facts(
    context: ScreenContext,
    subject: ResolvedHeadline,
    place: Selected,
    value: Value,
    language: Language,
) -> html.Dl:
    """Return interval, parts, sample size and rank."""
    is_ratio = subject.indicator.state_class is StateClass.RATIO
    parts = {"numerator": part_text(value.num), "denominator": part_text(value.den)}
    rows = {
        "interval": interval_text(value, subject.indicator),
        **(parts if is_ratio else {}),
        "n": "—" if value.n is None else format_number(value.n, 0),
        "missing": "—" if value.n_missing is None else format_number(value.n_missing, 0),
        "rank": rank_text(context, subject, place, language),
    }
    lines: list[Component] = []
    for key, text in rows.items():
        lines += [html.Dt(translate(f"explore.{key}", language)), html.Dd(text)]
    return html.Dl(lines, className="facts")


def rank_text(
    context: ScreenContext, subject: ResolvedHeadline, place: Selected, language: Language
) -> str:
    """Return the rank among districts or cells, best first by the indicator's direction."""
    if place.district_id is None and place.cell is None:
        return "—"
    frame = peers(context, subject, place)
    own = frame.filter(pl.col("key") == (place.cell or place.district_id))
    if own.is_empty():
        return "—"
    value = own["value"][0]
    better = (
        pl.col("value") < value
        if subject.indicator.direction == "down"
        else pl.col("value") > value
    )
    rank = frame.filter(better).height + 1
    kind = translate(f"explore.rank_{'cells' if place.cell else 'districts'}", language)
    return f"{translate('explore.rank_of', language, rank=rank, count=frame.height)} {kind}"


def peers(context: ScreenContext, subject: ResolvedHeadline, place: Selected) -> pl.DataFrame:
    """Return the values to rank among: cells of the same resolution, or the city's districts."""
    by: By = "cell" if place.cell else "district"
    res = (place.cell >> 52) & 15 if place.cell else None
    frame = read_cached_values(
        context, subject.build, subject.period, by, subject.component, res=res
    )
    shown = frame.filter(pl.col("value").is_not_null())
    return shown if place.cell else shown.filter(pl.col("key") != UNKNOWN_DISTRICT)


def history_section(
    context: ScreenContext, subject: ResolvedHeadline, place: Selected, language: Language
) -> html.Section:
    """Return the history of the selected place."""
    frame = read_steps(context, subject, HISTORY_STEPS, place.district_id, place.cell)
    known = frame["value"].is_not_null().arg_true()
    if len(known) < SHORTEST_HISTORY:
        return html.Section([])
    title = translate("explore.history", language)
    colour = find_domain(context.city, subject.indicator.domain).colour
    figure = history(
        frame[known[0] : known[-1] + 1], subject.indicator, subject.target, title, colour
    )
    return html.Section([html.H3(title), figure])


def sheet(
    context: ScreenContext,
    subject: ResolvedHeadline,
    value: Value,
    left_out: LeftOut,
    language: Language,
) -> html.Details:
    """Return the evidence sheet."""
    evidence = EvidenceSheet(
        subject.indicator,
        subject.component,
        subject.period,
        value,
        subject.target,
        subject.build,
        context.city.timezone,
        left_out,
    )
    return evidence_sheet(evidence, language)


def further(context: ScreenContext, view: View, place: Selected) -> list[Component]:
    """Return the choice of districts and the link to the district's page."""
    language = view.state.lang
    rows = read_district_list(context.engine)
    links = [
        dcc.Link(
            named(row["name_zh"], row["name_en"], language),
            href=PATH + view.state.search(district=row["district_id"], cell=None),
            className="chosen" if row["district_id"] == place.district_id else "",
        )
        for row in rows.iter_rows(named=True)
    ]
    listed = html.Nav(
        [html.H3(translate("explore.districts", language)), html.Div(links)],
        className="district-choice",
    )
    if place.district_id is None:
        return [listed]
    page = dcc.Link(
        translate("explore.open_district", language),
        href=f"/district/{place.district_id}?lang={language}",
        className="button",
    )
    return [listed, page]
