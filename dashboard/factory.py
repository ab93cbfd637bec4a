"""The Dash application, made anew by every call of `create_app`."""

from collections.abc import Mapping
from typing import Any

import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.callback_requests import check_requests
from dashboard.components.caller import caller_tab
from dashboard.components.text import bilingual
from dashboard.gate.callbacks import check_decided, open_to
from dashboard.gate.table import SCREENS
from dashboard.live.stores import live_stores
from dashboard.page import EVERYONE, Page, find_page
from dashboard.problems import (
    KNOWN_ERRORS,
    NO_PAGE,
    PROBLEM,
    REFUSED,
    answer_page,
    handle_failures,
    problem_page,
    problem_words,
    show_problem,
)
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, as_language, html_language, translate
from geodata.errors import NotFoundError
from geodata.identity.caller import current_caller
from geodata.settings import ROOT

YEAR_S = 31_536_000
ANY_PATH = ("/", "/<path:path>")  # the rules by which Dash answers every path with its shell


class Screens(Dash):
    """A Dash application whose document says in which language it is."""

    def interpolate_index(self, *parts: Any, **named: Any) -> Any:
        """Return the document; the address says the language, as on the pages themselves."""
        language = html_language(as_language(flask.request.args.get("lang")))
        document: str = super().interpolate_index(*parts, **named)  # type: ignore[no-untyped-call]
        silent = "" if current_caller().role in SCREENS else " data-silent"  # hears no pushes
        return document.replace("<html>", f'<html lang="{language}"{silent}>', 1)


def build_page(
    context: ScreenContext, pages: Mapping[str, Page], pathname: str | None, search: str | None
) -> Component:
    """Return the layout of a path, or the page that says why there is none."""
    page, rest = find_page(pages, pathname)
    if page is None:
        return problem_words(NO_PAGE)
    if not page.is_open_to(current_caller()):
        return problem_words(REFUSED)
    try:
        page.check(context, rest)
        return page.layout(context, rest, search or "")
    except KNOWN_ERRORS as error:
        return problem_page(error)


def shell() -> html.Div:
    """Return what stays on the screen between pages."""
    banner = html.Div(id=PROBLEM, role="alert", hidden=True, className="problem-banner")
    for kind in ("refused", "unknown"):  # for assets/refusal.js
        words = (translate(f"problem.{kind}.title", code) for code in LANGUAGES)
        setattr(banner, f"data-{kind}", " · ".join(words))
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            *live_stores(),
            banner,
            caller_tab(current_caller()),
            html.Div(  # shown by assets/busy.js
                bilingual("problem.waits"),
                id="busy",
                role="status",
                hidden=True,
                className="problem-banner",
            ),
            html.Div(id="page"),
        ]
    )


def create_app(context: ScreenContext, pages: Mapping[str, Page]) -> Dash:
    """Build the application with its pages and callbacks; nothing is shared between two calls."""
    city = context.city
    server = flask.Flask("dashboard", static_folder=None)
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_S
    app = Screens(
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
    app.layout = shell  # anew for everybody: it names the caller
    handle_failures(server)
    refuse_unknown_pages(server, context, pages)
    check_requests(server, app.callback_map)
    with open_to(app, EVERYONE):  # it looks at the page's roles itself
        register_router(app, context, pages)
    for page in pages.values():
        with open_to(app, page.roles):
            page.register(app, context)
    check_decided(app)
    return app


def refuse_unknown_pages(
    server: flask.Flask, context: ScreenContext, pages: Mapping[str, Page]
) -> None:
    """Answer 404 where Dash would answer every address with its shell."""

    @server.before_request
    def refuse() -> flask.Response | None:
        rule = flask.request.url_rule
        if rule is None or rule.rule not in ANY_PATH:
            return None
        page, rest = find_page(pages, flask.request.path)
        if page is None:
            flask.abort(404)
        try:
            page.check(context, rest)
        except NotFoundError:
            return answer_page(404, "problem.not_found" if rest else NO_PAGE)
        except KNOWN_ERRORS:
            return None  # the page itself says so, and comes back by itself
        return None


def register_router(app: Dash, context: ScreenContext, pages: Mapping[str, Page]) -> None:
    """Show the page of the address; only the path matters here, pages read the rest themselves."""

    @app.callback(Output("page", "children"), Input("url", "pathname"), State("url", "search"))
    def show_page(pathname: str | None, search: str | None) -> Component:
        return build_page(context, pages, pathname, search)

    browser_callback(app, "language.tell", Input("url", "pathname"), Input("url", "search"))
