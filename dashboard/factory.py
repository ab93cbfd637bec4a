"""The Dash application, made anew by every call of `create_app`."""

from collections.abc import Callable
from types import ModuleType

import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.live.stores import live_stores
from dashboard.pages import chooser, district, duty, explore, kiosk, loads, not_found, wall
from dashboard.problems import KNOWN_ERRORS, PROBLEM, problem_page, show_problem
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.settings import ROOT, Settings

YEAR_S = 31_536_000
PAGES: dict[str, ModuleType] = {
    "": chooser,
    "wall": wall,
    "explore": explore,
    "kiosk": kiosk,
    "district": district,
    "duty": duty,
    "loads": loads,
}
WITH_REST = (district, loads)
Layout = Callable[[ScreenContext, str, str], Component]


def page_of(pathname: str | None) -> tuple[ModuleType, str]:
    """Return the page module of a path and the rest of the path; unknown paths have their page."""
    first, _, rest = (pathname or "/").strip("/").partition("/")
    page = PAGES.get(first, not_found)
    return (page, rest) if not rest or page in WITH_REST else (not_found, rest)


def build_page(context: ScreenContext, pathname: str | None, search: str | None) -> Component:
    """Return the layout of a path, or the page that says why there is none."""
    page, rest = page_of(pathname)
    try:
        layout: Layout = page.layout
        return layout(context, rest, search or "")
    except KNOWN_ERRORS as error:
        return problem_page(error)


def shell() -> html.Div:
    """Return what stays on the screen between pages."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            *live_stores(),
            html.Div(id=PROBLEM, role="alert", hidden=True, className="problem-banner"),
            html.Div(id="page"),
        ]
    )


def create_app(engine: Engine, city: City, settings: Settings) -> Dash:
    """Build the application with its pages and callbacks; nothing is shared between two calls."""
    server = flask.Flask("dashboard", static_folder=None)
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_S
    app = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type] # Dash declares bool and accepts a Flask
        assets_folder=str(ROOT / "assets"),
        assets_path_ignore=["fonts", "patterns"],
        title=f"{city.title_zh} {city.title_en}",
        update_title="",
        suppress_callback_exceptions=True,
        on_error=show_problem,
        compress=False,
    )
    context = ScreenContext(engine, city, settings, build_cache(settings, city))
    app.layout = shell()
    register_router(app, context)
    for page in PAGES.values():
        page.register(app, context)
    return app


def register_router(app: Dash, context: ScreenContext) -> None:
    """Show the page of the address; only the path matters here, pages read the rest themselves."""

    @app.callback(Output("page", "children"), Input("url", "pathname"), State("url", "search"))
    def show_page(pathname: str | None, search: str | None) -> Component:
        return build_page(context, pathname, search)
