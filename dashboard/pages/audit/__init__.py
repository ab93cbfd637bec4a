"""`/audit`: who signed in, decided, exported or was refused, and who may enter at all."""

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.text import bilingual, two_lines
from dashboard.page import ADMINISTRATORS, Page, Words
from dashboard.pages.audit.entrants import devices_table, users_table
from dashboard.pages.audit.entries import MOST_PAGES, entries_section, read_filter
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.identity.audit import Outcome
from geodata.identity.devices import list_devices
from geodata.identity.users import list_users

TEXTS = ("who", "act")


def layout(context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Return the newest entries, the filter, and the users and devices."""
    zone = context.city.timezone
    return html.Main(
        [
            html.Header(
                [
                    dcc.Link(two_lines(context.city.title_zh, context.city.title_en), href="/"),
                    bilingual("audit.title", tag=html.H1),
                ]
            ),
            filter_form(),
            html.Section(entries_section(context), id="audit-entries", className="panel"),
            section("users", users_table(list_users(context.writer), zone)),
            section("devices", devices_table(list_devices(context.writer), zone)),
            bilingual("audit.how", class_name="caption"),
        ],
        className="audit",
    )


def section(name: str, content: Component) -> html.Section:
    """Return one part with its title."""
    return html.Section([bilingual(f"audit.{name}", tag=html.H2), content], className="panel")


def filter_form() -> html.Div:
    """Return the fields by which entries are chosen."""
    texts = [
        labelled(name, dcc.Input(id=f"audit-{name}", type="text", maxLength=80, debounce=True))
        for name in TEXTS
    ]
    options = [{"value": str(each), "label": both(f"audit.outcome.{each}")} for each in Outcome]
    outcome = dcc.Dropdown(options, id="audit-outcome", placeholder=both("audit.all"))
    page = dcc.Input(id="audit-page", type="number", min=1, max=MOST_PAGES, step=1, value=1)
    fields = [*texts, labelled("outcome", outcome, "choice"), labelled("page", page)]
    return html.Div(fields, className="audit-filter panel")


def both(key: str) -> str:
    """Return the words of `key` in both languages, in one line."""
    return " ".join(translate(key, code) for code in LANGUAGES)


def labelled(name: str, field: Component, class_name: str = "") -> html.Label:
    """Return a field with its name above it."""
    return html.Label([bilingual(f"audit.{name}", tag=html.Span), field], className=class_name)


def register(app: Dash, context: ScreenContext) -> None:
    """Show the entries that are chosen."""

    @app.callback(
        Output("audit-entries", "children"),
        [Input(f"audit-{name}", "value") for name in (*TEXTS, "outcome", "page")],
        prevent_initial_call=True,
    )
    def show_entries(who: object, act: object, outcome: object, page: object) -> list[Component]:
        return entries_section(context, *read_filter(who, act, outcome, page))


PAGE = Page(
    route="audit",
    title=Words("审计", "Audit"),
    question=Words("谁登录、处置、导出，谁被拒绝", "Who signed in, decided, exported, was refused"),
    position=60,
    roles=ADMINISTRATORS,
    layout=layout,
    register=register,
)
