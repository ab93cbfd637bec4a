"""The left column of explore: indicators by domain, components, resolution, theme, language."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.text import named
from dashboard.pages.explore.state import ExploreState
from dashboard.pages.explore.view import View
from dashboard.wording.i18n import Language, translate
from layers.catalogue.indicator import ALL, Indicator
from layers.catalogue.registry import load_catalogue, load_domains

PATH = "/explore"
RESOLUTIONS = ("auto", "7", "8", "9")


def link(
    text: Component | str, state: ExploreState, chosen: bool, **changes: str | None
) -> dcc.Link:
    """Return a control as a link to the same view with one change, so that it can be shared."""
    return dcc.Link(
        text,
        href=PATH + state.search(**changes),
        className="chosen" if chosen else "",
    )


def catalogue(view: View) -> list[Component]:
    """Return the indicators by domain; the chosen one shows its components."""
    sections: list[Component] = []
    for key, domain in load_domains().items():
        entries = [entry for entry in load_catalogue().values() if entry.domain == key]
        if entries:
            title = named(domain.label_zh, domain.label_en, view.state.lang)
            items = [item(view, entry) for entry in entries]
            sections.append(
                html.Section([html.H2(title), html.Ul(items)], className=f"domain-{key}")
            )
    return sections


def item(view: View, entry: Indicator) -> html.Li:
    """Return one indicator's line, with its components if it is chosen."""
    chosen = entry.key == view.indicator.key
    label = html.Span(
        [
            html.Span(entry.code, className="code"),
            html.Span(named(entry.label_zh, entry.label_en, view.state.lang)),
        ],
        className="entry",
    )
    kept = {"component": "default", "period": None}
    parts = [components(view)] if chosen and entry.components else []
    return html.Li([link(label, view.state, chosen, indicator=entry.key, **kept), *parts])


def components(view: View) -> html.Ul:
    """Return the components of the chosen indicator."""
    names = {
        key: named(c.label_zh, c.label_en, view.state.lang)
        for key, c in view.indicator.components.items()
    }
    if view.indicator.component_rollup == "sum":
        names = {ALL: named("全部", "All", view.state.lang), **names}
    return html.Ul(
        [
            html.Li(link(name, view.state, key == view.component, component=key, period=None))
            for key, name in names.items()
        ],
        className="components",
    )


def switches(state: ExploreState) -> list[Component]:
    """Return resolution, theme and language."""
    other: Language = "en" if state.lang == "zh" else "zh"
    theme = "light" if state.theme == "dark" else "dark"
    pins = [
        link(resolution_name(res, state.lang), state, res == state.res, res=res)
        for res in RESOLUTIONS
    ]
    return [
        html.Nav(
            [html.Span(translate("explore.res", state.lang), className="caption"), *pins],
            className="pins",
        ),
        html.Nav(
            [
                link(translate(f"explore.theme_{theme}", state.lang), state, False, theme=theme),
                link(translate("explore.language", state.lang), state, False, lang=other),
            ],
            className="pins",
        ),
    ]


def resolution_name(res: str, language: Language) -> str:
    """Return the name of a pin."""
    return translate("explore.res_auto", language) if res == "auto" else res
