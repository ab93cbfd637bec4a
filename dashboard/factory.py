"""The Dash application, made anew by every call of `create_app`."""

from collections.abc import Mapping
from typing import Any

import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.browser import browser_callback
from dashboard.callback_requests import refuse_malformed
from dashboard.components.text import bilingual
from dashboard.live.stores import live_stores
from dashboard.page import Page, discover, find_page
from dashboard.problems import (
    KNOWN_ERRORS,
    NO_PAGE,
    PROBLEM,
    answer_page,
    handle_failures,
    problem_page,
    problem_words,
    show_problem,
)
from dashboard.read.cache import AnswerCache
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import as_language, html_language
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.errors import NotFoundError
from geodata.settings import ROOT, Settings

YEAR_S = 31_536_000
ANY_PATH = ("/", "/<path:path>")  # the rules by which Dash answers every path with its shell


class Screens(Dash):
    """A Dash application whose document says in which language it is."""

    def interpolate_index(self, *parts: Any, **named: Any) -> Any:
        """Return the document; the address says the language, as on the pages themselves."""
        language = html_language(as_language(flask.request.args.get("lang")))
        document: str = super().interpolate_index(*parts, **named)  # type: ignore[no-untyped-call]
        return document.replace("<html>", f'<html lang="{language}">', 1)


def build_page(
    context: ScreenContext, pages: Mapping[str, Page], pathname: str | None, search: str | None
) -> Component:
    """Return the layout of a path, or the page that says why there is none."""
    page, rest = find_page(pages, pathname)
    if page is None:
        return problem_words(NO_PAGE)
    try:
        page.check(context, rest)
        return page.layout(context, rest, search or "")
    except KNOWN_ERRORS as error:
        return problem_page(error)


def shell() -> html.Div:
    """Return what stays on the screen between pages."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            *live_stores(),
            html.Div(id=PROBLEM, role="alert", hidden=True, className="problem-banner"),
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


def create_app(
    engine: Engine,
    city: City,
    settings: Settings,
    cache: AnswerCache,
    published: Engine | None = None,
) -> Dash:
    """Build the application with its pages and callbacks; nothing is shared between two calls.

    Public pages read by `published`, which need see the published schema only.
    """
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
    context = ScreenContext(engine, city, settings, cache, published)
    pages = discover()
    app.layout = shell()
    handle_failures(server)
    refuse_unknown_pages(server, context, pages)
    register_router(app, context, pages)
    for page in pages.values():
        page.register(app, context)
    refuse_malformed(server, app.callback_map)
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
