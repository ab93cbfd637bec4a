"""Errors at the edge: what went wrong, in both languages, instead of a traceback."""

import logging

from dash import html, set_props

from dashboard.components.text import bilingual
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.database.handle import DATABASE_ERRORS
from geodata.errors import NotFoundError, OperationsError

logger = logging.getLogger(__name__)
PROBLEM = "problem"
KNOWN_ERRORS = (*DATABASE_ERRORS, OperationsError)


def problem_key(error: Exception) -> str:
    """Return which of the known sentences fits an error."""
    if isinstance(error, DATABASE_ERRORS):
        return "problem.database"
    return "problem.not_found" if isinstance(error, NotFoundError) else "problem.other"


def problem_page(error: Exception) -> html.Main:
    """Return the page shown when a page cannot be built at all."""
    logger.error("page not built: %s", error)
    key = problem_key(error)
    return html.Main(
        [
            bilingual(f"{key}.title", tag=html.H1),
            bilingual(f"{key}.text", tag=html.P),
            html.A(bilingual("problem.home"), href="/", className="button"),
        ],
        className="problem-page",
    )


def show_problem(error: Exception) -> None:
    """Answer a failed callback: leave the screen as it is and say so in the banner."""
    logger.error("callback failed", exc_info=error)
    text = " · ".join(translate(f"{problem_key(error)}.title", code) for code in LANGUAGES)
    set_props(PROBLEM, {"children": text, "hidden": False})
