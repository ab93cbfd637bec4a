"""The last loaded day on the wall: its hours by channel and its last incidents, never as live."""

from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from dashboard.components.incidents import incident_list, ribbon
from dashboard.components.text import bilingual
from dashboard.context import Context
from geodata.operations import (
    Freshness,
    read_district_list,
    read_incident_hours,
    read_incidents,
)
from layers.period import Period

LISTED = 6


def day_of(context: Context, newest: datetime) -> Period:
    """Return the local day of the newest incident."""
    day = newest.astimezone(context.city.zone).date()
    return Period(day, day + timedelta(days=1))


def ribbon_of_day(context: Context, freshness: Freshness) -> list[Component]:
    """Return the last day's hours by channel."""
    if freshness.incidents_to is None:
        return [bilingual("app.no_data_yet", class_name="empty")]
    day = day_of(context, freshness.incidents_to)
    zone = context.city.timezone
    hours = read_incident_hours(context.engine, day.start_at(zone), day.end_at(zone), zone)
    return [*ribbon(hours, str(day))]


def latest_incidents(context: Context, freshness: Freshness) -> html.Section:
    """Return the last incidents of the last day, under its real date."""
    if freshness.incidents_to is None:
        return html.Section(bilingual("app.no_data_yet", class_name="empty"), className="panel")
    day = day_of(context, freshness.incidents_to)
    zone = context.city.timezone
    frame = read_incidents(context.engine, day.start_at(zone), day.end_at(zone), LISTED)
    rows = read_district_list(context.engine).iter_rows(named=True)
    names = {row["district_id"]: row["name_zh"] for row in rows}
    return html.Section(
        [
            html.Header(
                [
                    bilingual("wall.incidents", tag=html.H2),
                    bilingual("wall.incidents_sub", class_name="caption", day=str(day)),
                ]
            ),
            incident_list(frame, names, context.city.zone),
        ],
        className="panel incidents",
    )
