"""The day on the wall: hours by channel, usual counts of the hours ahead, latest incidents."""

from datetime import datetime, timedelta

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboard.components.incidents import RibbonDay, incident_list, ribbon, usual_hours
from dashboard.components.text import bilingual
from dashboard.read.context import ScreenContext
from dashboard.read.forms import FRAME
from geodata.clock import now
from geodata.queries.screens import (
    Freshness,
    read_incident_hours,
    read_incidents,
    read_place_names,
)
from layers.period import Period

LISTED = 6
USUAL_WEEKS = 4


def day_of(context: ScreenContext, newest: datetime) -> Period:
    """Return the local day of the newest incident."""
    day = newest.astimezone(context.city.zone).date()
    return Period(day, day + timedelta(days=1))


def hours_of(context: ScreenContext, day: Period) -> pl.DataFrame:
    """Return a day's incidents by local hour and channel."""
    zone = context.city.timezone
    return read_incident_hours(context.engine, day.start_at(zone), day.end_at(zone), zone)


def usual_of(context: ScreenContext, day: Period) -> pl.DataFrame:
    """Return the mean of the same weekday in the weeks before, those without records left out.

    It is cached for an hour: late records of past weeks change it little.
    """
    local = now().astimezone(context.city.zone)
    weeks = [timedelta(weeks=number) for number in range(1, USUAL_WEEKS + 1)]
    return context.cache.get_or(
        f"usual/{day}/{local:%Y-%m-%dT%H}",
        lambda: usual_hours(
            [hours_of(context, Period(day.first - back, day.end - back)) for back in weeks]
        ),
        FRAME,
    )


def ribbon_of_day(context: ScreenContext, freshness: Freshness) -> list[Component]:
    """Return the hours by channel: today's with the usual counts ahead, else the last day's."""
    if freshness.incidents_to is None:
        return [bilingual("app.no_data_yet", class_name="empty")]
    day = day_of(context, freshness.incidents_to)
    local = now().astimezone(context.city.zone)
    is_today = day.first == local.date()
    shown = RibbonDay(
        str(day),
        hours_of(context, day),
        context.city.channels,
        hour=local.hour if is_today else None,
        usual=usual_of(context, day) if is_today else None,
    )
    return [*ribbon(shown)]


def latest_incidents(context: ScreenContext, freshness: Freshness) -> list[Component]:
    """Return the last incidents of the shown day, under its real date."""
    if freshness.incidents_to is None:
        return [bilingual("app.no_data_yet", class_name="empty")]
    day = day_of(context, freshness.incidents_to)
    is_today = day.first == now().astimezone(context.city.zone).date()
    zone = context.city.timezone
    frame = read_incidents(context.engine, day.start_at(zone), day.end_at(zone), LISTED)
    names = {key: zh for key, (zh, _) in read_place_names(context.engine).items()}
    title, note = ("live_incidents", "live_sub") if is_today else ("incidents", "incidents_sub")
    return [
        html.Header(
            [
                bilingual(f"wall.{title}", tag=html.H2),
                bilingual(f"wall.{note}", class_name="caption", day=str(day)),
            ]
        ),
        incident_list(frame, names, context.city),
    ]
