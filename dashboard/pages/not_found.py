"""The page of an unknown address."""

from dash import html

from dashboard.components.text import bilingual
from dashboard.read.context import ScreenContext


def layout(_context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Say in both languages that the page does not exist, with the link to the start."""
    return html.Main(
        [
            bilingual("not_found.title", tag=html.H1),
            bilingual("not_found.text", tag=html.P),
            html.A(bilingual("problem.home"), href="/", className="button"),
        ],
        className="problem-page",
    )
