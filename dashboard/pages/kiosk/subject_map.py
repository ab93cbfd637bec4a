"""The kiosk's map: the districts coloured by the chosen subject, after disclosure control."""

from typing import Any

from dash.development.base_component import Component

from dashboard.components.legend import legend
from dashboard.components.text import named
from dashboard.maps.choropleth import Choropleth, district_values, public_choropleth
from dashboard.pages.kiosk.state import KioskState
from dashboard.pages.kiosk.subjects import chosen_domain
from dashboard.read.context import ScreenContext
from dashboard.read.disclosure import read_disclosed, resolve_published
from dashboard.read.headlines import ResolvedHeadline
from dashboard.scenes.model import load_kiosk


def subject_map(
    context: ScreenContext, state: KioskState
) -> tuple[dict[str, Any], list[Component]]:
    """Return the map's colours and its legend; outlines alone while nothing is loaded."""
    chosen = chosen_domain(context, state)
    subject = load_kiosk(context.city).subjects[chosen] if chosen else None
    found = resolve_published(context, subject) if subject else None
    if found is None or subject is None:
        return {"districtValues": None, "palette": [], "breaks": []}, []
    drawn = disclosed(context, found)
    colours = {
        "districtValues": drawn.values,
        "palette": drawn.palette,
        "breaks": drawn.breaks,
    }
    title = named(subject.title_zh, subject.title_en, state.lang)
    key = legend(found.indicator, drawn.palette, drawn.breaks, [state.lang], title=title)
    return colours, [key]


def disclosed(context: ScreenContext, found: ResolvedHeadline) -> Choropleth:
    """Return the districts after disclosure control."""
    shown = read_disclosed(context, found)
    rows = [(key, value.value, value.status) for key, value in shown.items()]
    return public_choropleth(found, district_values(rows))
