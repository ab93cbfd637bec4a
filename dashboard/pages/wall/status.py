"""The wall's header: the city's status 1-5 with its reason, the oldest live source."""

from collections.abc import Mapping
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import age_text, local_time, simulated_badge
from dashboard.components.text import two_lines
from dashboard.context import Context
from dashboard.i18n import LANGUAGES, translate
from dashboard.scenes.model import DOMAINS
from geodata.clock import now
from geodata.operations import Freshness
from geodata.queries.alerts import count_open
from layers.score.city_status import CityStatus, Facts, city_status
from layers.score.score import PlaceScore

LEVELS = 5
CLASS_OF_LEVEL = {1: "good", 2: "watch", 3: "watch", 4: "bad", 5: "bad"}


def status_line(
    context: Context, freshness: Freshness, scores: Mapping[str, PlaceScore]
) -> list[Component]:
    """Return status with reason, the badge, and how old the newest incident on the screen is."""
    return [
        status_block(city_status(scores, read_facts(context))),
        simulated_badge(freshness.is_simulated),
        data_age(context, freshness.incidents_to),
    ]


def read_facts(context: Context) -> Facts:
    """Return what the rule looks at besides the scores."""
    with context.engine.connect() as connection:
        open_alerts = count_open(connection, now())
    names: dict[str, tuple[str, str]] = {
        name: (translate(f"domain.{name}", "zh"), translate(f"domain.{name}", "en"))
        for name in DOMAINS
    }
    return Facts(open_alerts=open_alerts, domain_names=names)


def status_block(status: CityStatus) -> html.Div:
    """Return the level as a number, bars, its name, and its first reason; all in the title."""
    bars = [
        html.Span(className="on" if number <= status.level else "")
        for number in range(1, LEVELS + 1)
    ]
    title, reason = (
        two_lines(
            translate("wall.city_status", "zh", name=status.name_zh),
            translate("wall.city_status", "en", name=status.name_en),
            class_name="status-name",
        ),
        two_lines(status.reasons_zh[0], status.reasons_en[0], class_name="status-reason"),
    )
    return html.Div(
        [
            html.Span(str(status.level), className="status-level number"),
            html.Div([title, html.Div(bars, className="status-bars")], className="status-words"),
            reason,
        ],
        className=f"city-status {CLASS_OF_LEVEL[status.level]}",
        title="\n".join([*status.reasons_zh, *status.reasons_en]),
    )


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
