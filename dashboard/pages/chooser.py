"""`/`: a choice of the screens and the districts."""

from dash import html

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import bilingual, two_lines
from dashboard.page import Page, Words, discover
from dashboard.read.context import ScreenContext
from dashboard.read.public import is_simulated, read_district_names


def layout(context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Return the page."""
    city = context.city
    return html.Main(
        [
            html.Header(
                [
                    two_lines(city.title_zh, city.title_en, tag=html.H1),
                    simulated_badge(is_simulated(context)),
                ]
            ),
            html.Nav(screen_links(), className="screens"),
            bilingual("chooser.districts", tag=html.H2),
            html.Nav(district_links(context), className="district-links"),
        ],
        className="chooser",
    )


def screen_links() -> list[html.A]:
    """Return a link to each page that answers a question."""
    pages = discover().values()
    return [screen_link(page, page.question) for page in pages if page.question is not None]


def screen_link(page: Page, question: Words) -> html.A:
    """Return the large link to a screen with a sentence on what it shows."""
    return html.A(
        [
            two_lines(*page.title, tag=html.H2),
            two_lines(*question, tag=html.P),
        ],
        href=f"/{page.route}",
        className="screen-link",
    )


def district_links(context: ScreenContext) -> list[html.A]:
    """Return a link to each district's page."""
    rows = read_district_names(context).iter_rows(named=True)
    return [
        html.A(two_lines(row["name_zh"], row["name_en"]), href=f"/district/{row['district_id']}")
        for row in rows
    ]


PAGE = Page("", Words("选择一个界面", "Choose a screen"), layout, position=0)
