"""A district's numbers of facilities and its latest incidents, without their places."""

from collections.abc import Mapping
from datetime import datetime

from dash import html

from dashboard.components.incidents import outcome
from dashboard.components.text import bilingual, two_lines
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import translate, words
from dashboard.wording.numbers import format_number
from geodata.clock import now
from geodata.queries.screens import read_facility_counts, read_incidents
from layers.period import Period

LISTED = 12
INCIDENT_DAYS = 28


def facility_table(context: ScreenContext, district_id: str) -> html.Section:
    """Return how many active facilities of each kind lie in the district."""
    counts = read_facility_counts(context.engine, district_id)
    rows = [
        html.Tr(
            [
                html.Th(bilingual(f"facility.{kind}"), scope="row"),
                html.Td(format_number(count, 0), className="number"),
            ]
        )
        for kind, count in counts.iter_rows()
        if f"facility.{kind}" in words("zh")
    ]
    return html.Section(
        [bilingual("district.facilities", tag=html.H2), html.Table(html.Tbody(rows))],
        className="panel facilities",
    )


def incident_row(row: Mapping[str, object], context: ScreenContext) -> html.Tr:
    """Return one incident: time, channel, category, outcome."""
    received: datetime = row["received_at"]  # type: ignore[assignment]
    local = received.astimezone(context.city.zone).strftime("%m-%d %H:%M")
    channel = str(row["channel"])
    return html.Tr(
        [
            html.Td(local, className="number"),
            html.Td(html.Span(channel, className=f"channel channel-{channel}")),
            html.Td(str(row["category"] or translate("wall.unknown_category", "zh"))),
            html.Td(two_lines(*outcome(row))),
        ]
    )


def incident_table(context: ScreenContext, district_id: str) -> html.Section:
    """Return the district's latest incidents of the last four weeks."""
    today = now().astimezone(context.city.zone).date()
    span = Period.last_days(INCIDENT_DAYS, today)
    zone = context.city.timezone
    frame = read_incidents(
        context.engine, span.start_at(zone), span.end_at(zone), LISTED, district_id
    )
    rows = [incident_row(row, context) for row in frame.iter_rows(named=True)]
    return html.Section(
        [
            bilingual("district.incidents", tag=html.H2),
            bilingual("district.incidents_note", class_name="caption"),
            html.Table(html.Tbody(rows)),
        ],
        className="panel",
    )
