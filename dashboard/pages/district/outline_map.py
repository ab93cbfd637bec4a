"""The map of the district's page: its hexagons, or the district among the others."""

from typing import Any

from dash import html

from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.components.text import named
from dashboard.hexmap import HexMap
from dashboard.maps.cameras import district_camera
from dashboard.maps.choropleth import read_choropleth
from dashboard.maps.palettes import class_colours
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline, resolve
from dashboard.read.values import read_layer_classes, read_period_coverage
from dashboard.scenes.model import Headline, load_wall
from dashboard.wording.i18n import Language, translate
from dashboard.wording.periods import known_period_text
from layers.catalogue.registry import load_catalogue
from layers.maps.urls import cells_address, districts_address, values_address


def first_layer(context: ScreenContext) -> Headline:
    """Return the layer of the wall's first scene that has one, else the first indicator."""
    layers = (scene.layer for scene in load_wall(context.city).scenes if scene.layer)
    return next(layers, None) or Headline(indicator=next(iter(load_catalogue(context.city))))


def district_map(
    context: ScreenContext, district_id: str, indicator: str | None, language: Language
) -> html.Section:
    """Return the map of one indicator, the first scene's unless the address names another."""
    headline = Headline(indicator=indicator) if indicator else first_layer(context)
    subject = resolve(context, headline)
    if subject is None:
        return html.Section(translate("app.no_data_yet", language), className="panel empty")
    layer = cells_layer if "cell" in subject.indicator.geometry else districts_layer
    properties, detail = layer(context, subject, district_id, language)
    coverage = read_period_coverage(
        context, subject.build, subject.period, subject.component, district_id=district_id
    )
    period = known_period_text(coverage, language)
    return html.Section(
        [
            html.H2(f"{subject.indicator.label_zh} {subject.indicator.label_en}"),
            html.Div(f"{period} · {detail}", className="caption"),
            html.Div(
                hexmap(context, subject, district_id, properties, language),
                className="district-hexmap",
            ),
            legend(subject.indicator, properties["palette"], properties["breaks"]),
            html.Div(
                source_text(context.city, subject.build.sources, subject.build.as_of),
                className="source-line",
            ),
        ],
        className="panel",
    )


def cells_layer(
    context: ScreenContext, subject: ResolvedHeadline, district_id: str, language: Language
) -> tuple[dict[str, Any], str]:
    """Return the district's own hexagons and their resolution."""
    res = min(context.city.res_district, subject.indicator.max_res)
    classes = read_layer_classes(context, subject.build, subject.component, res)
    properties = {
        "cellsUrl": cells_address(context.city, res, district_id),
        "valuesUrl": values_address(*subject.layer, subject.period, res, district_id),
        "palette": class_colours(classes, subject.indicator),
        "breaks": list(classes.breaks),
    }
    return properties, translate("map.res", language, res=res)


def districts_layer(
    context: ScreenContext, subject: ResolvedHeadline, _district_id: str, language: Language
) -> tuple[dict[str, Any], str]:
    """Return the coloured districts, for an indicator without hexagons."""
    drawn = read_choropleth(context, subject)
    properties = {"districtValues": drawn.values, "palette": drawn.palette, "breaks": drawn.breaks}
    return properties, translate("explore.only_district", language)


def hexmap(
    context: ScreenContext,
    subject: ResolvedHeadline,
    district_id: str,
    properties: dict[str, Any],
    language: Language,
) -> HexMap:
    """Return the map with the district in view and outlined."""
    return HexMap(
        id="district-hexmap",
        **properties,
        camera=district_camera(context.city, district_id),
        districtsUrl=districts_address(),
        selection={"district": district_id, "cell": None},
        showLabels=True,
        theme="dark",
        language=language,
        label=named(subject.indicator.label_zh, subject.indicator.label_en, language),
    )
