"""The district's own hexagons on its page."""

from dash import html

from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.components.text import named
from dashboard.context import Context
from dashboard.headlines import Subject, resolve
from dashboard.hexmap import HexMap
from dashboard.i18n import Language, translate
from dashboard.layer_urls import cells_url, values_url
from dashboard.palettes import class_colours
from dashboard.readings import read_layer_breaks
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
    breaks = read_layer_breaks(context, subject.indicator, subject.build, subject.component, res)
    palette = class_colours(subject.indicator.palette, len(breaks) + 1)
    return html.Section(
        [
            html.H2(f"{subject.indicator.label_zh} {subject.indicator.label_en}"),
            html.Div(
                f"{subject.period} · {translate('map.res', language, res=res)}", className="caption"
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
        districtsUrl="/layers/districts.geojson",
        selection={"district": district_id, "cell": None},
        showLabels=True,
        theme="dark",
        language=language,
        label=named(subject.indicator.label_zh, subject.indicator.label_en, language),
    )
