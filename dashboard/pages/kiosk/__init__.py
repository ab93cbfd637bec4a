"""`/kiosk`: the city and one district for visitors, on a public touch screen."""

from typing import Any

import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.components.provenance import simulated_badge
from dashboard.components.qr import qr_code
from dashboard.components.text import named, two_lines
from dashboard.hexmap import HexMap
from dashboard.maps.cameras import whole_camera
from dashboard.page import Page, Words
from dashboard.pages.kiosk.districts import district_buttons, district_name
from dashboard.pages.kiosk.state import KioskState
from dashboard.pages.kiosk.subject_map import subject_map
from dashboard.pages.kiosk.subjects import subject_cards
from dashboard.read.context import ScreenContext
from dashboard.read.public import is_simulated
from dashboard.scenes.model import load_kiosk
from dashboard.wording.i18n import Language, translate
from layers.maps.urls import districts_address

COLOURS = ("districtValues", "palette", "breaks")


def layout(context: ScreenContext, _rest: str, search: str) -> html.Main:
    """Return the kiosk for its address; callbacks fill it again when the address changes."""
    configuration = load_kiosk(context.city)
    state = KioskState.parse(search, configuration.subjects)
    parts = fill(context, state, host())
    return html.Main(
        [
            dcc.Interval(id="kiosk-second", interval=1000),
            dcc.Store(
                id="kiosk-idle",
                data=configuration.model_dump(include={"idle_seconds", "warn_seconds"}),
            ),
            html.Header(parts[0], id="kiosk-header", className="kiosk-header"),
            html.Section(
                [
                    kiosk_map(context, state),
                    html.Div(parts[4], id="kiosk-legend", className="kiosk-legend"),
                ],
                className="kiosk-map",
            ),
            html.Nav(parts[1], id="kiosk-districts", className="kiosk-districts"),
            html.Section(parts[2], id="kiosk-subjects", className="kiosk-subjects"),
            html.Footer(parts[3], id="kiosk-footer", className="kiosk-footer"),
            html.Div(id="kiosk-countdown", className="kiosk-countdown", role="status", hidden=True),
        ],
        className="kiosk",
        id="kiosk",
    )


def kiosk_map(context: ScreenContext, state: KioskState) -> HexMap:
    """Return the map of districts to touch, coloured by the chosen subject."""
    colours, _ = subject_map(context, state)
    return HexMap(
        id="kiosk-hexmap",
        districtsUrl=districts_address(),
        selection={"district": state.district, "cell": None},
        language=state.lang,
        showLabels=True,
        labelObstacles="#kiosk-legend",
        theme="dark",
        label=context.city.name_zh,
        camera=whole_camera(context.city),
        **colours,
    )


def header(context: ScreenContext, state: KioskState) -> list[Component]:
    """Return title, badge and the language switch."""
    other: Language = "en" if state.lang == "zh" else "zh"
    city = context.city
    return [
        two_lines(city.title_zh, city.title_en),
        html.H1(translate("kiosk.title", state.lang)),
        simulated_badge(is_simulated(context)),
        dcc.Link(
            translate("kiosk.language", state.lang),
            href="/kiosk" + state.search(lang=other),
            className="kiosk-button",
            id="kiosk-language",
        ),
    ]


def footer(state: KioskState, address: str) -> list[Component]:
    """Return the QR code of the page and the period shown."""
    return [
        html.P(translate("kiosk.disclosure", state.lang), className="caption"),
        html.Div(
            [
                html.Span(translate("kiosk.qr", state.lang)),
                qr_code(address, translate("kiosk.qr", state.lang)),
            ],
            className="kiosk-qr",
        ),
    ]


def host() -> str:
    """Return the host name by which the visitor's browser reached the server."""
    return flask.request.host_url if flask.has_request_context() else ""


def fill(context: ScreenContext, state: KioskState, host: str) -> tuple[Any, ...]:
    """Return everything the address decides."""
    name = district_name(context, state)
    colours, legend = subject_map(context, state)
    return (
        header(context, state),
        district_buttons(context, state),
        [html.H2(named(*name, state.lang)), *subject_cards(context, state)],
        footer(state, f"{host.rstrip('/')}/kiosk{state.search()}"),
        legend,
        {"district": state.district, "cell": None},
        state.lang,
        *(colours[name] for name in COLOURS),
    )


def register(app: Dash, context: ScreenContext) -> None:
    """Fill the page from the address; turn touches into addresses; reset when idle."""

    @app.callback(
        Output("kiosk-header", "children"),
        Output("kiosk-districts", "children"),
        Output("kiosk-subjects", "children"),
        Output("kiosk-footer", "children"),
        Output("kiosk-legend", "children"),
        Output("kiosk-hexmap", "selection"),
        Output("kiosk-hexmap", "language"),
        *[Output("kiosk-hexmap", name) for name in COLOURS],
        Input("url", "search"),
        prevent_initial_call=True,
    )
    def fill_page(search: str | None) -> tuple[object, ...]:
        state = KioskState.parse(search, load_kiosk(context.city).subjects)
        return fill(context, state, host())

    browser_callback(
        app,
        "kiosk.touchMap",
        Output("url", "search", allow_duplicate=True),
        Input("kiosk-hexmap", "clickData"),
        prevent_initial_call=True,
    )
    browser_callback(
        app,
        "kiosk.idle",
        Output("kiosk-countdown", "children"),
        Output("kiosk-countdown", "hidden"),
        Output("url", "search", allow_duplicate=True),
        Input("kiosk-second", "n_intervals"),
        State("kiosk-idle", "data"),
        prevent_initial_call=True,
    )


PAGE = Page(
    route="kiosk",
    title=Words("展厅互动", "Kiosk"),
    question=Words("这些为我和我的区带来了什么", "What this does for me and my district"),
    position=30,
    layout=layout,
    register=register,
)
