"""`/`: a choice of the screens and the districts."""

from dash import Dash, html

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import bilingual, two_lines
from dashboard.read.context import ScreenContext
from geodata.queries.screens import read_district_list, read_freshness
from geodata.tables import UNKNOWN_DISTRICT

SCREENS = ("wall", "explore", "kiosk", "duty", "loads")


def layout(context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Return the page."""
    city = context.city
    return html.Main(
        [
            html.Header(
                [
                    two_lines(city.title_zh, city.title_en, tag=html.H1),
                    simulated_badge(read_freshness(context.engine).is_simulated),
                ]
            ),
            html.Nav([screen_link(name) for name in SCREENS], className="screens"),
            bilingual("chooser.districts", tag=html.H2),
            html.Nav(district_links(context), className="district-links"),
        ],
        className="chooser",
    )


def screen_link(name: str) -> html.A:
    """Return the large link to a screen with a sentence on what it shows."""
    return html.A(
        [
            bilingual(f"chooser.{name}", tag=html.H2),
            bilingual(f"chooser.{name}_text", tag=html.P),
        ],
        href=f"/{name}",
        className="screen-link",
    )


def district_links(context: ScreenContext) -> list[html.A]:
    """Return a link to each district's page."""
    rows = read_district_list(context.engine).iter_rows(named=True)
    return [
        html.A(two_lines(row["name_zh"], row["name_en"]), href=f"/district/{row['district_id']}")
        for row in rows
        if row["district_id"] != UNKNOWN_DISTRICT
    ]


def register(_app: Dash, _context: ScreenContext) -> None:
    """This page has no callbacks."""
