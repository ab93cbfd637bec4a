"""What the wall shows, panel by panel, and which panels differ from what a screen has."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dash import html, no_update

from dashboard.context import Context
from dashboard.pages.wall import playlist
from dashboard.pages.wall.alarm import read_alarm
from dashboard.pages.wall.cards import build_card
from dashboard.pages.wall.comparison import NOTHING, build_table
from dashboard.pages.wall.incidents import latest_incidents, ribbon_of_day
from dashboard.pages.wall.status import (
    oldest_shown,
    read_alert_counts,
    read_sources,
    status_line,
)
from dashboard.scenes.model import DOMAINS, load_wall
from dashboard.scoring import read_place_scores
from geodata.operations import read_freshness
from layers.score.score import CITY, place_score

Panels = dict[str, Any]

# Every panel is an output of its own: the property of the element that holds it.
PROPERTY_OF = {
    "wall-status": "children",
    **{f"wall-card-{domain}": "children" for domain in DOMAINS},
    "wall-ribbon": "children",
    "wall-table": "children",
    "wall-incidents": "children",
    "wall-playlist": "data",
    "wall-oldest": "data",
    "wall-alarm-data": "data",
}


def build_panels(context: Context) -> Panels:
    """Read and draw the whole wall: the content of each panel by its element."""
    configuration = load_wall()
    freshness = read_freshness(context.engine)
    scores = read_place_scores(context)
    sources = read_sources(context)
    city = scores.get(CITY, place_score({}))
    cards = {
        f"wall-card-{domain}": build_card(
            context,
            domain,
            headlines,
            configuration.spark_steps,
            city.domains.get(domain, NOTHING),
        )
        for domain, headlines in configuration.cards.items()
    }
    return {
        "wall-status": status_line(freshness, scores, read_alert_counts(context), sources),
        **cards,
        "wall-ribbon": ribbon_of_day(context, freshness),
        "wall-table": build_table(context, scores),
        "wall-incidents": latest_incidents(context, freshness),
        "wall-playlist": playlist.playlist(context, playlist.build_stops(context, configuration)),
        "wall-oldest": oldest_shown(freshness, sources),
        "wall-alarm-data": read_alarm(context),
    }


def signatures(panels: Panels) -> dict[str, str]:
    """Return a short text for each panel that changes exactly when its content does."""
    return {name: signature(content) for name, content in panels.items()}


def signature(content: object) -> str:
    """Return the checksum of a panel as the browser would get it."""
    text = json.dumps(content, default=as_json, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def as_json(component: html.Div) -> object:
    """Return a Dash component as what is sent of it."""
    return component.to_plotly_json()  # type: ignore[no-untyped-call]


def changed_panels(panels: Panels, shown: Mapping[str, str]) -> tuple[object, ...]:
    """Return the outputs: contents of panels that differ, then the new signatures."""
    signed = signatures(panels)
    contents = [
        no_update if signed[name] == shown.get(name) else panels[name] for name in PROPERTY_OF
    ]
    return (*contents, no_update if signed == dict(shown) else signed)
