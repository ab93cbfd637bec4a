"""The kiosk's map: the districts coloured by the chosen subject, as published."""

from typing import Any

from dash.development.base_component import Component

from dashboard.components.legend import legend
from dashboard.components.text import named
from dashboard.maps.choropleth import Choropleth, district_values, public_choropleth
from dashboard.pages.kiosk.state import KioskState
from dashboard.pages.kiosk.subjects import chosen_domain
from dashboard.read.context import ScreenContext
from dashboard.read.public import PublicNumbers, read_public_numbers
from dashboard.scenes.model import load_kiosk


def subject_map(
    context: ScreenContext, state: KioskState
) -> tuple[dict[str, Any], list[Component]]:
    """Return the map's colours and its legend; outlines alone while nothing is published."""
    chosen = chosen_domain(context, state)
    subject = load_kiosk(context.city).subjects[chosen] if chosen else None
    found = read_public_numbers(context, subject) if subject else None
    if found is None or subject is None:
        return {"districtValues": None, "palette": [], "breaks": []}, []
    drawn = coloured(found)
    colours = {
        "districtValues": drawn.values,
        "palette": drawn.palette,
        "breaks": drawn.breaks,
    }
    title = named(subject.title_zh, subject.title_en, state.lang)
    key = legend(found.indicator, drawn.palette, drawn.breaks, [state.lang], title=title)
    return colours, [key]


def coloured(found: PublicNumbers) -> Choropleth:
    """Return the districts, classed by the numbers shown and no others."""
    rows = [(key, value.value, value.status) for key, value in found.districts.items()]
    return public_choropleth(found.indicator, found.target, district_values(rows))
