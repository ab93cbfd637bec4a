"""`/loads` and `/loads/<id>`: the result of each load, and its findings."""

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import bilingual, two_lines
from dashboard.page import Page, Words
from dashboard.pages.loads.account import account
from dashboard.pages.loads.held import held_section
from dashboard.pages.loads.overview import failures_table, loads_table
from dashboard.read.context import ScreenContext
from geodata.errors import NotFoundError
from geodata.identity.caller import Role
from geodata.queries.loads import LoadDetails, read_held_loads, read_load, read_loads
from geodata.queries.screens import read_freshness
from layers.catalogue.registry import load_catalogue
from layers.states.version import read_failures

SHOWN = 200
SOURCE = "loads-source"
TABLE = "loads-table"


def layout(context: ScreenContext, rest: str, _search: str) -> html.Main:
    """Return the list of loads, or the account of one.

    Raises:
        NotFoundError: the rest of the path is no load's number.
    """
    if not rest:
        return html.Main([header(context), *overview(context)], className="loads")
    details = read_details(context, rest)
    return html.Main([header(context), *account(details, context.city.timezone)], className="loads")


def read_details(context: ScreenContext, number: str) -> LoadDetails:
    """Return all about a load.

    Raises:
        NotFoundError: there is no load of this number, or it is no number.
    """
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise NotFoundError(f"{number!r} is no load's number")
    with context.engine.connect() as connection:
        return read_load(connection, int(number))


def check(context: ScreenContext, rest: str) -> None:
    """Refuse an address that names no load."""
    if rest:
        read_details(context, rest)


def header(context: ScreenContext) -> html.Header:
    """Return titles, provenance and the links back."""
    return html.Header(
        [
            dcc.Link(two_lines(context.city.title_zh, context.city.title_en), href="/"),
            dcc.Link(bilingual("loads.title", tag=html.H1), href="/loads"),
            simulated_badge(read_freshness(context.engine).is_simulated),
        ],
        className="loads-header",
    )


def overview(context: ScreenContext) -> list[Component]:
    """Return what waits, what could not be built, the choice of a source and the newest loads."""
    with context.engine.connect() as connection:
        rows, held = read_loads(connection, SHOWN), read_held_loads(connection)
    sources = sorted({row["source"] for row in rows})
    choice = dcc.Dropdown(sources, id=SOURCE, placeholder="来源 Source", className="loads-choice")
    zone, catalogue = context.city.timezone, load_catalogue(context.city)
    waiting = held_section(held, context.city) if held else []
    failures = failures_table(read_failures(context.engine), catalogue, zone)
    return [*waiting, *failures, choice, html.Div(loads_table(rows, zone), id=TABLE)]


def register(app: Dash, context: ScreenContext) -> None:
    """Show the loads of the source chosen."""

    @app.callback(Output(TABLE, "children"), Input(SOURCE, "value"), prevent_initial_call=True)
    def show_source(source: str | None) -> Component:
        with context.engine.connect() as connection:
            rows = read_loads(connection, SHOWN, source)
        return loads_table(rows, context.city.timezone)


PAGE = Page(
    route="loads",
    title=Words("数据装载", "Loads"),
    question=Words(
        "每个文件的结果，以及其中发现的问题", "What became of each file, and what was found in it"
    ),
    position=50,
    roles=frozenset({Role.PLANNER, Role.ADMINISTRATOR}),
    layout=layout,
    register=register,
    check=check,
)
