"""The panels of the wall, and which of them differ from those that a screen has."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from dash import html, no_update

from dashboard.pages.wall import playlist
from dashboard.pages.wall.alarm import read_alarm
from dashboard.pages.wall.cards import build_card
from dashboard.pages.wall.comparison import build_table
from dashboard.pages.wall.incidents import latest_incidents, ribbon_of_day
from dashboard.pages.wall.status import (
    oldest_shown,
    read_alert_counts,
    read_sources,
    status_line,
)
from dashboard.read.context import ScreenContext
from dashboard.read.scores import read_place_scores
from dashboard.scenes.model import load_wall
from geodata.city.configuration import City
from geodata.queries.screens import read_freshness
from layers.score.score import CITY, place_score

Panels = dict[str, Any]

# Every panel is an output of its own: the property of the element that holds it. Those of records
# change with every call and are read at once; those of states change with new versions and cost
# more. Each group has its own request, so that a call's line does not wait for scores.
RECORDS = {"wall-ribbon": "children", "wall-incidents": "children", "wall-oldest": "data"}
STATES = {
    "wall-status": "children",
    "wall-table": "children",
    "wall-playlist": "data",
    "wall-alarm-data": "data",
}
GROUPS = ("records", "states")


def groups_of(city: City) -> Mapping[str, Mapping[str, str]]:
    """Return the panels of each group with the property they fill; a city decides on its cards."""
    return {"records": RECORDS, "states": {**STATES, **dict.fromkeys(cards_of(city), "children")}}


def cards_of(city: City) -> list[str]:
    """Return the elements of the domains' cards and lines, in their order."""
    return [f"wall-card-{domain}" for domain in load_wall(city).domains]


def properties_of(city: City) -> dict[str, str]:
    """Return the property that each panel of a city's wall fills."""
    return {name: kind for group in groups_of(city).values() for name, kind in group.items()}


@dataclass(frozen=True)
class Drawn:
    """Panels as plain data, quick to encode for every screen, with their checksums."""

    contents: Panels
    signatures: dict[str, str]


def build_panels(context: ScreenContext) -> Panels:
    """Read and draw the whole wall: the content of each panel by its element."""
    return {**build_records(context), **build_states(context)}


def build_records(context: ScreenContext) -> Panels:
    """Read and draw the panels that change with every call."""
    freshness = read_freshness(context.engine)
    return {
        "wall-ribbon": ribbon_of_day(context, freshness),
        "wall-incidents": latest_incidents(context, freshness),
        "wall-oldest": oldest_shown(context.city, freshness, read_sources(context)),
    }


def build_states(context: ScreenContext) -> Panels:
    """Read and draw the panels of states, targets and alerts."""
    configuration = load_wall(context.city)
    scores = read_place_scores(context)
    city = scores.get(CITY, place_score({}))
    cards = {
        f"wall-card-{domain}": build_card(context, configuration, domain, city.domains)
        for domain in configuration.domains
    }
    freshness, sources = read_freshness(context.engine), read_sources(context)
    return {
        "wall-status": status_line(context, freshness, scores, read_alert_counts(context), sources),
        **cards,
        "wall-table": build_table(context, scores),
        "wall-playlist": playlist.playlist(context, playlist.build_stops(context, configuration)),
        "wall-alarm-data": read_alarm(context),
    }


BUILDERS: Mapping[str, Callable[[ScreenContext], Panels]] = {
    "records": build_records,
    "states": build_states,
}


def draw(panels: Panels) -> Drawn:
    """Return panels as plain data, each with its checksum."""
    texts = {name: text_of(content) for name, content in panels.items()}
    contents = {name: json.loads(text) for name, text in texts.items()}
    return Drawn(contents, {name: checksum(text) for name, text in texts.items()})


def signatures(panels: Panels) -> dict[str, str]:
    """Return a short text for each panel that changes exactly when its content does."""
    return {name: checksum(text_of(content)) for name, content in panels.items()}


def text_of(content: object) -> str:
    """Return a panel as the JSON text that the browser gets."""
    return json.dumps(content, default=as_json, sort_keys=True, ensure_ascii=False)


def checksum(text: str) -> str:
    """Return the checksum of a panel."""
    return sha256(text.encode()).hexdigest()[:16]


def as_json(component: html.Div) -> object:
    """Return a Dash component as plain data."""
    return component.to_plotly_json()  # type: ignore[no-untyped-call]


def changed_panels(drawn: Drawn, shown: Mapping[str, str]) -> Panels:
    """Return the outputs by name: contents of panels that differ, and the new `signatures`."""
    signed = drawn.signatures
    contents = {
        name: no_update if signed[name] == shown.get(name) else content
        for name, content in drawn.contents.items()
    }
    return {**contents, "signatures": no_update if signed == dict(shown) else signed}
