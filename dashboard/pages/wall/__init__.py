"""`/wall`: the city at a glance, on any wall, with nobody at the keyboard."""

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.cameras import home_camera
from dashboard.components.clock import clock, register_clock
from dashboard.components.text import bilingual, two_lines
from dashboard.context import Context
from dashboard.hexmap import HexMap
from dashboard.live.stores import LAYERS, RESYNC
from dashboard.pages.wall.panels import Panels, build_panels, signature
from dashboard.pages.wall.playlist import SCENE_PROPERTIES

REFRESH_MS = 60_000
OBSTACLES = ".scene-caption header, .scene-caption .legend, .scene-caption .source-line"
PANEL_IDS = ("wall-status", "wall-cards", "wall-ribbon", "wall-right", "wall-captions")


def layout(context: Context, _rest: str, _search: str) -> html.Main:
    """Return the wall with its first contents."""
    panels = build_panels(context)
    return html.Main(
        [
            *stores(panels),
            header(context, panels),
            html.Div(panels.cards, id="wall-cards", className="wall-left"),
            html.Section([wall_map(context), captions(panels)], className="wall-map"),
            html.Section(panels.ribbon, id="wall-ribbon", className="wall-ribbon panel"),
            html.Div(panels.right, id="wall-right", className="wall-right"),
        ],
        className="wall",
        id="wall",
    )


def stores(panels: Panels) -> list[Component]:
    """Return what the browser keeps: the playlist, which scene is on, what is shown."""
    return [
        dcc.Store(id="wall-playlist", data=panels.playlist),
        dcc.Store(id="wall-scene", data=None),
        dcc.Store(id="wall-signature", data=panels.signature),
        dcc.Interval(id="wall-refresh", interval=REFRESH_MS),
    ]


def header(context: Context, panels: Panels) -> html.Header:
    """Return title, status of the data, clock."""
    return html.Header(
        [
            two_lines(context.city.title_zh, context.city.title_en, tag=html.H1),
            html.Div(panels.status, id="wall-status", className="wall-status"),
            clock("wall", context.city.timezone),
        ],
        className="wall-header",
    )


def wall_map(context: Context) -> HexMap:
    """Return the map; the playlist says what it shows."""
    return HexMap(
        id="wall-hexmap",
        camera=home_camera(context.city),
        districtsUrl="/layers/districts.geojson",
        theme="dark",
        language="zh",
        showLabels=True,
        labelObstacles=OBSTACLES,
        label=f"{context.city.name_zh} {context.city.name_en}",
    )


def captions(panels: Panels) -> html.Div:
    """Return title, legend and source line of every scene; the browser shows one."""
    contents = panels.captions or bilingual("app.no_data_yet", class_name="empty")
    return html.Div(contents, id="wall-captions", className="wall-captions")


def register(app: Dash, context: Context) -> None:
    """Move the clock, turn the playlist, and fetch panels when something was loaded."""
    register_clock(app, "wall")
    browser_callback(
        app,
        "wall.turn",
        Output("wall-scene", "data"),
        Input("wall-second", "n_intervals"),
        Input("wall-playlist", "data"),
        State("wall-scene", "data"),
    )
    browser_callback(
        app,
        "wall.show",
        *[Output("wall-hexmap", name) for name in SCENE_PROPERTIES],
        Input("wall-scene", "data"),
        State("wall-playlist", "data"),
    )

    @app.callback(
        *[Output(name, "children") for name in PANEL_IDS],
        Output("wall-playlist", "data"),
        Output("wall-signature", "data"),
        Input("wall-refresh", "n_intervals"),
        Input(LAYERS, "data"),
        Input(RESYNC, "data"),
        State("wall-signature", "data"),
        prevent_initial_call=True,
    )
    def refresh(_ticks: int, _pushed: object, _resync: object, shown: str) -> tuple[object, ...]:
        return refreshed(context, shown)


def refreshed(context: Context, shown: str) -> tuple[object, ...]:
    """Return new contents, or leave the screen alone while nothing was loaded."""
    from dash import no_update

    if signature(context) == shown:
        return (no_update,) * (len(PANEL_IDS) + 2)
    panels = build_panels(context)
    contents = (panels.status, panels.cards, panels.ribbon, panels.right, panels.captions)
    return (*contents, panels.playlist, panels.signature)
