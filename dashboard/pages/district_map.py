"""The district's own hexagons on its page."""

from dash import html

from dashboard.cameras import district_camera
from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.components.text import named
from dashboard.context import Context
from dashboard.headlines import Subject, resolve
from dashboard.hexmap import HexMap
from dashboard.i18n import Language, translate
from dashboard.layer_urls import cells_url, values_url
from dashboard.palettes import class_colours
from dashboard.periods import period_text
from dashboard.readings import read_layer_classes
from dashboard.scenes.model import Headline, load_wall


def district_map(
    context: Context, district_id: str, indicator: str | None, language: Language
) -> html.Section:
    """Return the map of one indicator, the first scene's unless the address names another."""
    headline = Headline(indicator=indicator) if indicator else load_wall().scenes[0]
    subject = resolve(context, headline)
    if subject is None:
        return html.Section(translate("app.no_data_yet", language), className="panel empty")
    res = min(context.city.res_district, subject.indicator.max_res)
    classes = read_layer_classes(context, subject.build, subject.component, res)
    breaks, palette = list(classes.breaks), class_colours(classes, subject.indicator)
    return html.Section(
        [
            html.H2(f"{subject.indicator.label_zh} {subject.indicator.label_en}"),
            html.Div(
                f"{period_text(subject.period)} · {translate('map.res', language, res=res)}",
                className="caption",
            ),
            html.Div(
                hexmap(context, subject, district_id, res, palette, breaks, language),
                className="district-hexmap",
            ),
            legend(subject.indicator, palette, breaks),
            html.Div(
                source_text(subject.build.sources, subject.build.as_of, context.city.timezone),
                className="source-line",
            ),
        ],
        className="panel",
    )


def hexmap(
    context: Context,
    subject: Subject,
    district_id: str,
    res: int,
    palette: list[str],
    breaks: list[float],
    language: Language,
) -> HexMap:
    """Return the map with the district's cells only, the district outlined."""
    return HexMap(
        id="district-hexmap",
        cellsUrl=cells_url(context, district_id, res),
        valuesUrl=values_url(subject, district_id, res),
        palette=palette,
        breaks=breaks,
        camera=district_camera(context.city, district_id),
        districtsUrl="/layers/districts.geojson",
        selection={"district": district_id, "cell": None},
        showLabels=True,
        theme="dark",
        language=language,
        label=named(subject.indicator.label_zh, subject.indicator.label_en, language),
    )
