"""An alarm: a level 3 alert takes the wall's map until acknowledged, or for a minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import html

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual, two_lines
from dashboard.maps.cameras import district_camera, home_camera
from dashboard.read.context import ScreenContext
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.handle import RowMapping
from geodata.queries.alerts import read_alerts
from layers.alerts.rules import TargetRule, load_alert_rules

LEVEL = 3
HOLD_S = 60
RECENT = timedelta(minutes=5)  # a wall that is switched on later shows the status, not the alarm


def read_alarm(context: ScreenContext) -> dict[str, object] | None:
    """Return the alarm of now: the newest level 3 alert that is not acknowledged."""
    at = now()
    with context.engine.connect() as connection:
        row = pick_alarm(read_alerts(connection, at), at)
    return alarm_of(context, row) if row else None


def pick_alarm(rows: Sequence[RowMapping], at: datetime) -> RowMapping | None:
    """Return the newest firing, unacknowledged level-3 alert whose last change is recent."""
    waiting = [
        row
        for row in rows
        if row["severity"] >= LEVEL
        and row["state"] == "firing"
        and row["case_state"] == "open"
        and abs(at - row["changed_at"]) <= RECENT  # not what a clock set back makes new
    ]
    return max(waiting, key=lambda row: (row["changed_at"], row["alert_id"]), default=None)


def alarm_of(context: ScreenContext, row: RowMapping) -> dict[str, object]:
    """Return the properties of an alarm for the browser: place, camera, layer and text."""
    is_district = row["subject_kind"] == "district"
    camera = (
        district_camera(context.city, row["subject"]) if is_district else home_camera(context.city)
    )
    return {
        "id": row["alert_id"],
        "seconds": HOLD_S,
        "indicator": indicator_of(context.city, row["rule"]),
        "district": row["subject"] if is_district else None,
        "camera": camera,
        "banner": banner(row, context.city.timezone),
    }


def indicator_of(city: City, key: str) -> str | None:
    """Return the indicator of an alert; None if its rule names none or no longer exists."""
    named = (rule for rule in load_alert_rules(city) if rule.key == key)
    return next((rule.indicator for rule in named if isinstance(rule, TargetRule)), None)


def banner(row: RowMapping, zone: str) -> html.Div:
    """Return the text over the map, in both languages."""
    return html.Div(
        [
            html.Div(
                [
                    bilingual("wall.alarm", class_name="alarm-level"),
                    html.Span(local_time(row["raised_at"], zone), className="number"),
                ],
                className="alarm-head",
            ),
            two_lines(row["text_zh"], row["text_en"], class_name="alarm-text"),
            bilingual("wall.alarm_how", class_name="caption"),
        ],
        className="alarm-banner",
        role="alert",
    )
