"""Errors at the edge of the screens: what went wrong, in both languages, instead of a traceback."""

import json
import logging

import flask
from dash import html, set_props
from dash.exceptions import DependencyException, InvalidResourceError
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from dashboard.components.markup import to_html
from dashboard.components.text import bilingual
from dashboard.wording.i18n import LANGUAGES, html_language, translate
from geodata.database.handle import DATABASE_ERRORS
from geodata.errors import OperationsError
from geodata.http.problems import PROBLEM_JSON, UNAVAILABLE, describe_problem, status_of

logger = logging.getLogger(__name__)
PROBLEM = "problem"
KNOWN_ERRORS = (*DATABASE_ERRORS, OperationsError)
NO_PAGE = "not_found"
REFUSED = "problem.refused"
DATA_BELOW = "assets"  # files of ours; what Dash serves itself begins with _
_KEYS = {403: REFUSED, 404: "problem.not_found", UNAVAILABLE: "problem.database"}


def problem_key(error: Exception) -> str:
    """Return which of the known sentences fits an error."""
    if isinstance(error, DATABASE_ERRORS):
        return _KEYS[UNAVAILABLE]
    return _KEYS.get(status_of(error), "problem.other")


def problem_words(key: str) -> html.Main:
    """Return the one page that says what went wrong and offers the way back."""
    return html.Main(
        [
            bilingual(f"{key}.title", tag=html.H1),
            bilingual(f"{key}.text", tag=html.P),
            html.A(bilingual("problem.home"), href="/", className="button"),
        ],
        className="problem-page",
    )


def problem_page(error: Exception) -> html.Main:
    """Return the page shown when a page cannot be built at all."""
    logger.error("page not built: %s", error)
    return problem_words(problem_key(error))


def show_problem(error: Exception) -> None:
    """Answer a failed callback: leave the screen as it is and say so in the banner."""
    logger.error("callback failed", exc_info=error)
    text = " · ".join(translate(f"{problem_key(error)}.title", code) for code in LANGUAGES)
    set_props(PROBLEM, {"children": text, "hidden": False})


def problem_document(key: str) -> str:
    """Return the page as a document of its own: it says the same where no script runs."""
    sheets = "".join(
        f'<link rel="stylesheet" href="/assets/{name}.css">' for name in ("tokens", "base")
    )
    title = " · ".join(translate(f"{key}.title", code) for code in LANGUAGES)
    return (
        f'<!DOCTYPE html><html lang="{html_language("zh")}"><head><meta charset="utf-8">'
        f'<link rel="icon" href="/_favicon.ico"><title>{title}</title>{sheets}</head>'
        f"<body>{to_html(problem_words(key))}</body></html>"
    )


def answer_page(status: int, key: str) -> flask.Response:
    """Return the page as an answer."""
    return flask.Response(problem_document(key), status)


def answer_failure(status: int, detail: str) -> flask.Response:
    """Return an error of the server of the screens: the one shape for data, the page for people."""
    path = flask.request.path
    first = path.split("/")[1]
    if first != DATA_BELOW and not first.startswith("_"):
        return answer_page(status, NO_PAGE if status == 404 else _KEYS.get(status, "problem.other"))
    content = json.dumps(describe_problem(status, detail, path))
    return flask.Response(content, status, content_type=PROBLEM_JSON)


def handle_failures(server: flask.Flask) -> None:
    """Make the server of the screens answer every error in one of the two forms."""

    @server.errorhandler(WerkzeugHTTPException)
    def refused(error: WerkzeugHTTPException) -> flask.Response:
        answer = answer_failure(error.code or 500, error.name)
        answer.headers.extend({k: v for k, v in error.get_headers() if k != "Content-Type"})
        return answer

    @server.errorhandler(InvalidResourceError)
    @server.errorhandler(DependencyException)
    def no_such_file(_error: Exception) -> flask.Response:
        return answer_failure(404, "there is nothing at this address")
