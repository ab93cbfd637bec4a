"""`/explore`: any indicator on the map, over time, compared, with its evidence."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.components.attributes import aria_live, data_theme
from dashboard.components.period_picker import period_picker, register_period_picker
from dashboard.components.provenance import simulated_badge
from dashboard.components.text import named, two_lines
from dashboard.hexmap import HexMap
from dashboard.maps.cameras import Camera, district_camera, home_camera
from dashboard.page import Page, Words
from dashboard.pages.explore.catalogue import catalogue, switches
from dashboard.pages.explore.frames import frames, legends, source_line
from dashboard.pages.explore.inspector import inspector
from dashboard.pages.explore.state import ExploreState
from dashboard.pages.explore.view import View, read_view
from dashboard.read.context import ScreenContext
from dashboard.read.values import read_days
from dashboard.wording.i18n import translate
from dashboard.wording.numbers import unit_text
from geodata.errors import NotFoundError
from geodata.identity.caller import Role
from layers.maps.urls import districts_address
from layers.values.covered_days import CoveredDays

MAP_PROPERTIES = ("cellsUrl", "valuesUrl", "palette", "breaks", "districtValues")
OBSTACLES = "#explore-title, #explore-legends"


def layout(context: ScreenContext, _rest: str, search: str) -> html.Main:
    """Return the page for its address; callbacks fill it again when the address changes."""
    state = ExploreState.parse(search)
    parts = fill(context, search)
    inspected = inspector(context, read_view(context, state))
    live = aria_live()
    return html.Main(
        [
            dcc.Store(id="explore-frames", data=parts[4]),
            html.Aside(parts[0], id="explore-left", className="explore-left panel"),
            html.Section(
                [
                    explore_map(context, state),
                    html.Header(parts[1], id="explore-title", className="explore-title"),
                    html.Footer(parts[2], id="explore-legends", className="explore-legends"),
                ],
                className="explore-map",
            ),
            html.Aside(
                inspected, id="explore-inspector", className="explore-inspector panel", **live
            ),
            html.Footer(parts[3], id="explore-time", className="explore-time panel"),
        ],
        className="explore",
        id="explore",
        **data_theme(state.theme),
    )


def explore_map(context: ScreenContext, state: ExploreState) -> HexMap:
    """Return the map with the camera of the address, or the city's."""
    camera = state.camera_place or start_camera(context, state)
    return HexMap(
        id="explore-hexmap",
        camera=camera,
        districtsUrl=districts_address(),
        showLabels=True,
        labelObstacles=OBSTACLES,
        selection={"cell": state.cell, "district": state.district},
        theme=state.theme,
        language=state.lang,
        label=translate("explore.title", state.lang),
    )


def start_camera(context: ScreenContext, state: ExploreState) -> Camera:
    """Return the view of the chosen district, or the city's own."""
    try:
        return district_camera(context.city, state.district or "")
    except NotFoundError:
        return home_camera(context.city)


def fill(context: ScreenContext, search: str | None) -> tuple[Any, ...]:
    """Return every part of the page that the address decides, except the inspector."""
    view = read_view(context, ExploreState.parse(search))
    state = view.state
    shown = view.subject.period if view.subject else None
    return (
        left(context, view),
        title(view),
        [*legends(context, view), html.Div(source_line(context, view), className="source-line")],
        period_picker("explore", view.periods, shown, state.lang, known_days(context, view)),
        frames(context, view),
        state.theme,
        state.theme,
        state.lang,
        {"cell": state.cell, "district": state.district},
    )


def known_days(context: ScreenContext, view: View) -> CoveredDays | None:
    """Return what days the sources cover where the page looks, None while nothing is loaded."""
    if view.subject is None:
        return None
    return read_days(context, view.subject.build, view.component, district_id=view.state.district)


def left(context: ScreenContext, view: View) -> list[Component]:
    """Return the left column."""
    city = context.city
    home = dcc.Link(two_lines(city.title_zh, city.title_en), href="/", className="home")
    heading = html.H1(translate("explore.catalogue", view.state.lang))
    return [
        home,
        *switches(view.state),
        heading,
        html.Nav(catalogue(context.city, view), className="catalogue"),
    ]


def title(view: View) -> list[Component]:
    """Return the layer's name, component, unit and provenance in the page's language."""
    indicator, lang = view.indicator, view.state.lang
    part = indicator.components.get(view.component)
    unit = unit_text(indicator, lang) or "mm:ss"
    name = named(indicator.label_zh, indicator.label_en, lang)
    facts = [named(part.label_zh, part.label_en, lang)] if part else []
    simulated = bool(view.subject and view.subject.build.is_simulated)
    return [
        html.H2(name),
        html.Div(
            [
                html.Span(" · ".join([*facts, unit]), className="caption"),
                html.Span(id="explore-caption", className="caption number"),
            ]
        ),
        simulated_badge(simulated),
    ]


def register(app: Dash, context: ScreenContext) -> None:
    """Fill the page from the address, and turn clicks into addresses."""
    register_period_picker(app, "explore")
    register_browser(app)

    @app.callback(
        Output("explore-left", "children"),
        Output("explore-title", "children"),
        Output("explore-legends", "children"),
        Output("explore-time", "children"),
        Output("explore-frames", "data"),
        Output("explore", "data-theme"),
        Output("explore-hexmap", "theme"),
        Output("explore-hexmap", "language"),
        Output("explore-hexmap", "selection"),
        Input("url", "search"),
        prevent_initial_call=True,
    )
    def fill_page(search: str | None) -> tuple[object, ...]:
        return fill(context, search)

    @app.callback(
        Output("explore-inspector", "children"), Input("url", "search"), prevent_initial_call=True
    )
    def fill_inspector(search: str | None) -> list[Component]:
        return inspector(context, read_view(context, ExploreState.parse(search)))


def register_browser(app: Dash) -> None:
    """What the browser does alone: paint the step of the slider, keep the address true."""
    browser_callback(
        app,
        "explore.paint",
        *[Output("explore-hexmap", name) for name in MAP_PROPERTIES],
        Output("explore-period", "children"),
        Output("explore-caption", "children"),
        Output({"legend": ALL}, "hidden"),
        Input("explore-frames", "data"),
        Input("explore-slider", "value"),
        Input("explore-hexmap", "viewport"),
    )
    browser_callback(
        app,
        "explore.address",
        Output("url", "search"),
        Input("explore-hexmap", "clickData"),
        Input("explore-slider", "value"),
        Input("explore-player", "disabled"),
        State("explore-frames", "data"),
        prevent_initial_call=True,
    )
    browser_callback(
        app,
        "explore.keepCamera",
        Output("explore-caption", "title"),
        Input("explore-hexmap", "viewport"),
        prevent_initial_call=True,
    )


PAGE = Page(
    route="explore",
    title=Words("数据探索", "Explore"),
    question=Words(
        "在哪里、从何时起、与何相比、为什么", "Where, since when, compared with what, and why"
    ),
    position=20,
    roles=frozenset({Role.PLANNER, Role.LEADER, Role.ADMINISTRATOR}),
    layout=layout,
    register=register,
)
