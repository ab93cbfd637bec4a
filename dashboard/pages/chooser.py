"""`/`: a choice of the screens and the districts."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import bilingual, two_lines
from dashboard.page import EVERYONE, Page, Words, discover
from dashboard.read.context import ScreenContext
from dashboard.read.public import is_simulated, read_district_names
from geodata.identity.caller import current_caller

DISTRICT = "district"  # the route of its pages


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
            *districts(context),
            *sign_in_link(),
        ],
        className="chooser",
    )


def screen_links() -> list[html.A]:
    """Return a link to each page that answers a question and that the caller may open."""
    caller = current_caller()
    return [
        screen_link(page, page.question)
        for page in discover().values()
        if page.question is not None and page.is_open_to(caller)
    ]


def districts(context: ScreenContext) -> list[Component]:
    """Return the districts, nothing for whom their pages are closed."""
    if not discover()[DISTRICT].is_open_to(current_caller()):
        return []
    links = html.Nav(district_links(context), className="district-links")
    return [bilingual("chooser.districts", tag=html.H2), links]


def sign_in_link() -> list[Component]:
    """Return where the staff sign in, nothing for whom is known."""
    if current_caller().is_known:
        return []
    return [html.A(bilingual("gate.sign_in.title"), href="/sign-in", className="sign-in-link")]


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


PAGE = Page("", Words("选择一个界面", "Choose a screen"), layout, position=0, roles=EVERYONE)
