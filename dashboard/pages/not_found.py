"""The page of an address that leads nowhere."""

from dash import html

from dashboard.components.text import bilingual
from dashboard.read.context import ScreenContext


def layout(_context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Say so in both languages and offer the way back."""
    return html.Main(
        [
            bilingual("not_found.title", tag=html.H1),
            bilingual("not_found.text", tag=html.P),
            html.A(bilingual("problem.home"), href="/", className="button"),
        ],
        className="problem-page",
    )
