"""The frames of the explore map, by which the browser steps and zooms without the server."""

from dash import html

from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.maps.choropleth import read_district_classes, read_district_values
from dashboard.maps.palettes import class_colours
from dashboard.pages.explore.view import View
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline
from dashboard.read.values import read_days, read_layer_classes
from dashboard.wording.i18n import translate
from dashboard.wording.periods import known_period_text
from layers.maps.urls import AREA_PLACE, PERIOD_PLACE, RES_PLACE, cells_address, values_address

RESOLUTIONS = (7, 8, 9)
BY_DISTRICT = "district"  # the key of classes and legend beside those of resolutions


def shown_resolutions(view: View) -> list[int]:
    """Return the resolutions the indicator may be drawn at."""
    return [res for res in RESOLUTIONS if res <= view.indicator.max_res]


def frames(context: ScreenContext, view: View) -> dict[str, object]:
    """Return addresses with placeholders for period, area and resolution, and their classes."""
    subject = view.subject
    if subject is not None and is_by_district(view):
        return district_frames(context, view, subject)
    cells = cells_address(context.city, RES_PLACE, AREA_PLACE)
    if subject is None or "cell" not in view.indicator.geometry:
        return {"cells": cells, "values": None, "periods": []}
    classes = {
        str(res): read_layer_classes(context, subject.build, view.component, res)
        for res in shown_resolutions(view)
    }
    theme = view.state.theme
    return {
        "cells": cells,
        "values": values_address(*subject.layer, PERIOD_PLACE, RES_PLACE, AREA_PLACE),
        **periods(context, view, subject),
        "pinned": view.state.res,
        "finest": view.indicator.max_res,
        "district": view.state.district,
        "breaks": {res: list(found.breaks) for res, found in classes.items()},
        "palettes": {
            res: class_colours(found, view.indicator, theme) for res, found in classes.items()
        },
    }


def periods(
    context: ScreenContext, view: View, subject: ResolvedHeadline
) -> dict[str, dict[str, str] | list[str]]:
    """Return the steps of the slider, and what each is called: what is known of it, or planned."""
    place = view.state.district
    days = read_days(context, subject.build, view.component, district_id=place)
    lang = view.state.lang
    return {
        "periods": [str(period) for period in view.periods],
        "names": {str(each): known_period_text(days.of(each), lang) for each in view.periods},
    }


def is_by_district(view: View) -> bool:
    """Return whether the indicator has no hexagons."""
    geometry = view.indicator.geometry
    return "cell" not in geometry and "district" in geometry


def district_frames(
    context: ScreenContext, view: View, subject: ResolvedHeadline
) -> dict[str, object]:
    """Return the districts' values of every period, and their classes."""
    classes = read_district_classes(context, subject)
    return {
        "cells": None,
        "values": None,
        **periods(context, view, subject),
        "districts": {
            str(period): read_district_values(context, subject, period) for period in view.periods
        },
        "note": no_cells_text(view),
        "breaks": {BY_DISTRICT: list(classes.breaks)},
        "palettes": {BY_DISTRICT: class_colours(classes, view.indicator, view.state.theme)},
    }


def legends(context: ScreenContext, view: View) -> list[html.Div]:
    """Return the legend of each resolution; the browser shows the one of the map."""
    shown = frames(context, view)
    breaks, palettes = shown.get("breaks"), shown.get("palettes")
    if not isinstance(breaks, dict) or not isinstance(palettes, dict):
        return [html.Div(no_cells_text(view), className="legend caption")]
    return [
        html.Div(
            legend(view.indicator, palettes[res], breaks[res], [view.state.lang]),
            id={"legend": res},
            hidden=True,
        )
        for res in breaks
    ]


def no_cells_text(view: View) -> str:
    """Return why there are no hexagons to colour."""
    if view.subject is None:
        return translate("app.no_data_yet", view.state.lang)
    scope = "district" if "district" in view.indicator.geometry else "city"
    return translate(f"explore.only_{scope}", view.state.lang)


def source_line(context: ScreenContext, view: View) -> str:
    """Return the source line of the layer."""
    if view.subject is None:
        return ""
    build = view.subject.build
    return source_text(context.city, build.sources, build.as_of)
