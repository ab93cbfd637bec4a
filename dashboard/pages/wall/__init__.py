"""`/wall`: the city at a glance, on any wall, unattended."""

import logging

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.components.clock import clock, register_clock
from dashboard.components.text import two_lines
from dashboard.hexmap import HexMap
from dashboard.maps.cameras import district_camera, home_camera
from dashboard.page import Page, Words
from dashboard.pages.wall.panels import (
    BUILDERS,
    GROUPS,
    Drawn,
    Panels,
    build_panels,
    cards_of,
    changed_panels,
    draw,
    groups_of,
    properties_of,
    signatures,
)
from dashboard.pages.wall.playlist import SCENE_PROPERTIES
from dashboard.pages.wall.replay import replay_page, requested
from dashboard.problems import KNOWN_ERRORS
from dashboard.read.context import ScreenContext
from dashboard.read.single_flight import SingleFlights
from dashboard.scenes.model import load_wall
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.identity.caller import USERS, Role
from geodata.queries.screens import read_district_list
from layers.maps.urls import districts_address

REFRESH_MS = 300_000  # finds what a lost push may have missed
OBSTACLES = ".scene-caption header, .scene-caption .legends, .scene-caption .source-line"
WORDS = ("lost_server", "lost_database")
AGES = ("seconds", "minutes", "hours", "days")
logger = logging.getLogger(__name__)


def layout(context: ScreenContext, _rest: str, search: str) -> html.Main:
    """Return the wall, or the replay of the moment that the address names."""
    moment = requested(search)
    return wall(context) if moment is None else replay_page(context, moment, wall)


def wall(context: ScreenContext) -> html.Main:
    """Return the wall with its first contents."""
    panels = build_panels(context)
    return html.Main(
        [
            *stores(context, panels),
            header(context, panels),
            cards(context, panels),
            html.Section(
                [
                    wall_map(context),
                    html.Div(id="wall-alarm", className="wall-alarm"),
                    html.Div(id="wall-captions", className="wall-captions"),
                ],
                className="wall-map",
            ),
            html.Section(
                [place(panels, "wall-ribbon"), html.Div(id="wall-now", className="wall-now")],
                className="wall-ribbon panel",
            ),
            html.Div(
                [
                    place(panels, "wall-table", "panel districts"),
                    place(panels, "wall-incidents", "panel incidents"),
                ],
                className="wall-right",
            ),
            html.Div(id="wall-banner", className="wall-banner", role="status"),
        ],
        className="wall",
        id="wall",
    )


def cards(context: ScreenContext, panels: Panels) -> html.Div:
    """Return the domains: the large ones as cards, the others a line each."""
    places = [place(panels, name) for name in cards_of(context.city)]
    large = load_wall(context.city).large
    return html.Div(
        [
            html.Div(places[:large], className="wall-cards"),
            html.Div(places[large:], className="wall-lines"),
        ],
        className="wall-left",
    )


def place(panels: Panels, name: str, class_name: str = "wall-place") -> html.Section:
    """Return the element of one panel with its first content."""
    return html.Section(panels[name], id=name, className=class_name)


def stores(context: ScreenContext, panels: Panels) -> list[Component]:
    """Return the browser's stores: the playlist, the scene, what is shown, what is due."""
    data = [name for name, kind in properties_of(context.city).items() if kind == "data"]
    return [
        *[dcc.Store(id=name, data=panels[name]) for name in data],
        dcc.Store(id="wall-view", data=None),
        *[store for group in GROUPS for store in group_stores(context, group, panels)],
        dcc.Store(id="wall-places", data=district_views(context)),
        dcc.Store(id="wall-words", data=words()),
        dcc.Interval(id="wall-refresh", interval=REFRESH_MS),
    ]


def group_stores(context: ScreenContext, group: str, panels: Panels) -> list[Component]:
    """Return the stores of a group of panels: when due, when answered, what is shown."""
    shown = {name: panels[name] for name in groups_of(context.city)[group]}
    return [
        dcc.Store(id=f"wall-due-{group}", data=None),
        dcc.Store(id=f"wall-answered-{group}", data=None),
        dcc.Store(id=f"wall-signatures-{group}", data=signatures(shown)),
    ]


def district_views(context: ScreenContext) -> list[dict[str, object]]:
    """Return the cameras of `d` and a number: 0 the city, then the districts in order."""
    listed = read_district_list(context.engine)
    views: list[dict[str, object]] = [{"id": None, "camera": home_camera(context.city)}]
    for key in listed["district_id"]:
        views.append({"id": key, "camera": district_camera(context.city, key)})
    return views


def words() -> dict[str, dict[str, str]]:
    """Return the sentences that the browser fills in, by language."""
    blank = {name: f"{{{name}}}" for name in ("since", "at", "age", "count")}
    keys = {**{key: f"wall.{key}" for key in WORDS}, **{key: f"age.{key}" for key in AGES}}
    return {
        code: {key: translate(name, code, **blank) for key, name in keys.items()}
        for code in LANGUAGES
    }


def header(context: ScreenContext, panels: Panels) -> html.Header:
    """Return title, status of the data, age of the oldest source, clock."""
    return html.Header(
        [
            two_lines(context.city.title_zh, context.city.title_en, tag=html.H1),
            html.Div(panels["wall-status"], id="wall-status", className="wall-status"),
            html.Div(id="wall-age", className="data-age"),
            clock("wall", context.city.timezone),
        ],
        className="wall-header",
    )


def wall_map(context: ScreenContext) -> HexMap:
    """Return the map; the playlist sets its contents."""
    return HexMap(
        id="wall-hexmap",
        camera=home_camera(context.city),
        districtsUrl=districts_address(),
        theme="dark",
        language="zh",
        showLabels=True,
        labelObstacles=OBSTACLES,
        label=f"{context.city.name_zh} {context.city.name_en}",
    )


def register(app: Dash, context: ScreenContext) -> None:
    """Advance clock and ages, play the scenes, and fetch panels when something has changed."""
    register_clock(app, "wall")
    register_browser(app)

    for group in GROUPS:
        register_group(app, context, group)


def register_group(app: Dash, context: ScreenContext, group: str) -> None:
    """Answer when a group of panels is due; simultaneous requests share one drawing."""
    single_flight = SingleFlights(lambda: draw(BUILDERS[group](context)))

    outputs = {
        **{name: Output(name, kind) for name, kind in groups_of(context.city)[group].items()},
        "signatures": Output(f"wall-signatures-{group}", "data"),
        "answered": Output(f"wall-answered-{group}", "data"),
    }

    @app.callback(
        outputs,
        {
            "_polls": Input("wall-refresh", "n_intervals"),
            "due": Input(f"wall-due-{group}", "data"),
            "shown": State(f"wall-signatures-{group}", "data"),
            "search": State("url", "search"),
        },
        prevent_initial_call=True,
    )
    def refresh(
        _polls: int | None, due: object, shown: dict[str, str], search: str | None
    ) -> Panels:
        answer = None if requested(search) is not None else refreshed(single_flight, shown)
        return {**dict.fromkeys(outputs, no_update), **(answer or {}), "answered": due}


def refreshed(single_flight: SingleFlights[Drawn], shown: dict[str, str]) -> Panels | None:
    """Return the changed panels; None while the database is away: the screen keeps its own.

    The banner then says since when: the pushes carry the state of the database.
    """
    try:
        drawn = single_flight.get()
    except KNOWN_ERRORS as error:
        logger.warning("the wall keeps what it shows: %s", error)
        return None
    return changed_panels(drawn, shown)


def register_browser(app: Dash) -> None:
    """Register the callbacks of assets/wall.js and assets/wall_status.js."""
    browser_callback(
        app,
        "wall.turn",
        Output("wall-view", "data"),
        Input("wall-second", "n_intervals"),
        Input("wall-playlist", "data"),
        Input("wall-alarm-data", "data"),
        State("wall-places", "data"),
    )
    browser_callback(
        app,
        "wall.show",
        *[Output("wall-hexmap", name) for name in SCENE_PROPERTIES],
        Output("wall-captions", "children"),
        Output("wall-alarm", "children"),
        Input("wall-view", "data"),
        Input("wall-playlist", "data"),
        State("wall-alarm-data", "data"),
        State("wall-places", "data"),
    )
    browser_callback(
        app,
        "wallStatus.tick",
        Output("wall-age", "children"),
        Output("wall-age", "className"),
        Output("wall-banner", "children"),
        Output("wall-now", "style"),
        Input("wall-second", "n_intervals"),
        Input("wall-oldest", "data"),
        State("wall-words", "data"),
        State("wall-zone", "data"),
    )
    browser_callback(
        app,
        "wallStatus.painted",
        Input("wall-hexmap", "ready"),
        State("wall-hexmap", "valuesUrl"),
        prevent_initial_call=True,
    )
    for group in GROUPS:
        browser_callback(
            app,
            "wallStatus.answered",
            Input(f"wall-answered-{group}", "data"),
            prevent_initial_call=True,
        )


PAGE = Page(
    route="wall",
    title=Words("指挥大屏", "Wall"),
    question=Words(
        "城市此刻运行如何，差距最大在哪里", "How the city is doing now, and where the worst gap is"
    ),
    position=10,
    roles=frozenset({Role.WALL, *USERS}),
    layout=layout,
    register=register,
)
