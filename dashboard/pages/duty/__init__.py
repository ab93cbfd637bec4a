"""`/duty`: the city's alerts and who handles each; each ends with a closed case."""

from datetime import timedelta
from functools import partial

from dash import ALL, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import bilingual, two_lines
from dashboard.live.stores import ALERTS, RESYNC
from dashboard.page import Page, Words
from dashboard.pages.duty.buttons import as_text, pressed_button
from dashboard.pages.duty.candidates import candidate_section, register_candidates
from dashboard.pages.duty.cases import case_card, history_list
from dashboard.pages.duty.unjudged import unjudged_section
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.clock import now
from geodata.database.handle import RowMapping
from geodata.errors import OperationsError
from geodata.identity.audit import Outcome, write_audit
from geodata.identity.caller import Role, current_caller
from geodata.queries.alerts import read_alerts, read_changes
from geodata.queries.screens import read_freshness
from layers.alerts.duty import LONGEST_NAME, LONGEST_NOTE, acknowledge, assign, close

CLOSED_SHOWN = timedelta(days=3)
REFRESH_MS = 30_000  # for the ages; changes are pushed
ACT = "duty-act"
ACTS = ("acknowledge", "assign", "close")
LONGEST = {"to": LONGEST_NAME, "note": LONGEST_NOTE}


def layout(context: ScreenContext, _rest: str, _search: str) -> html.Main:
    """Return the page with the current cases."""
    return html.Main(
        [
            header(context),
            officer_form(),
            html.Div("", id="duty-answer", role="status", className="duty-answer"),
            html.Div(unjudged_section(context), id="duty-unjudged"),
            html.Div(build_cases(context), id="duty-cases", className="duty-cases"),
            html.Aside(
                [
                    html.Section(
                        [bilingual("duty.history", tag=html.H2), html.Div(id="duty-history")],
                        className="panel duty-side",
                    ),
                    candidate_section(context),
                ],
                className="duty-aside",
            ),
            dcc.Interval(id="duty-refresh", interval=REFRESH_MS),
        ],
        className="duty",
    )


def header(context: ScreenContext) -> html.Header:
    """Return titles, provenance and the link back."""
    return html.Header(
        [
            dcc.Link(two_lines(context.city.title_zh, context.city.title_en), href="/"),
            bilingual("duty.title", tag=html.H1),
            simulated_badge(read_freshness(context.engine).is_simulated),
        ],
        className="duty-header",
    )


def officer_form() -> html.Div:
    """Return the form of the assignee and a note; an act is signed by who is signed in."""
    fields = [
        html.Label(
            [
                bilingual(f"duty.{name}", tag=html.Span),
                dcc.Input(
                    id=f"duty-{name}",
                    type="text",
                    maxLength=longest,
                    debounce=False,
                ),
            ]
        )
        for name, longest in LONGEST.items()
    ]
    return html.Div(fields, className="duty-form panel")


def read_cases(context: ScreenContext) -> list[RowMapping]:
    """Return the raised alerts: those not closed, and those closed in the last days."""
    at = now()
    with context.engine.connect() as connection:
        rows = read_alerts(connection, at)
    return [
        row
        for row in rows
        if row["case_state"] != "closed" or at - row["changed_at"] < CLOSED_SHOWN
    ]


def build_cases(context: ScreenContext) -> list[Component]:
    """Return a card for each case, or the text that there is none."""
    rows = read_cases(context)
    if not rows:
        return [bilingual("duty.none", class_name="empty panel")]
    return [case_card(row, context.city.timezone, ACT) for row in rows]


def build_history(context: ScreenContext, alert_id: int) -> Component:
    """Return the changes of a case."""
    with context.engine.connect() as connection:
        changes = read_changes(connection, alert_id)
    return history_list(alert_id, changes, context.city.timezone)


def act(context: ScreenContext, action: str, alert_id: int, to: str, note: str) -> str:
    """Do the action of a button, signed by the caller; return the sentence for the officer."""
    if action not in ACTS:
        return ""
    who = current_caller().name
    record = partial(write_audit, context.writer, f"alert {action}", str(alert_id))
    try:
        match action:
            case "acknowledge":
                acknowledge(context.writer, alert_id, who, note)
            case "assign":
                assign(context.writer, alert_id, to or who, who, note)
            case "close":
                close(context.writer, alert_id, who, note)
    except OperationsError as error:
        record(Outcome.REFUSED)
        refused = [translate("duty.refused", code) for code in LANGUAGES]
        return f"{' '.join(refused)}: {error}"
    record(detail={"to": to or who} if action == "assign" else None)
    done = " ".join(translate(f"duty.done.{action}", code) for code in LANGUAGES)
    return f"{done} · {alert_id}"


def register(app: Dash, context: ScreenContext) -> None:
    """Handle the buttons, and show other officers' changes as they happen."""
    register_candidates(app, context)

    @app.callback(
        Output("duty-answer", "children"),
        Output("duty-note", "value"),
        Output("duty-history", "children"),
        Input({"type": ACT, "action": ALL, "alert": ALL}, "n_clicks"),
        [State(f"duty-{name}", "value") for name in LONGEST],
        prevent_initial_call=True,
    )
    def on_button(_clicks: list[int | None], *typed: object) -> tuple[object, ...]:
        pressed = pressed_button("action", "alert")
        if pressed is None:
            raise PreventUpdate
        action, alert_id = pressed
        to, note = map(as_text, typed)
        answer = act(context, action, alert_id, to, note)
        return answer, "", build_history(context, alert_id)

    @app.callback(
        Output("duty-cases", "children"),
        Output("duty-unjudged", "children"),
        Input("duty-answer", "children"),
        Input("duty-refresh", "n_intervals"),
        Input(ALERTS, "data"),
        Input(RESYNC, "data"),
        prevent_initial_call=True,
    )
    def refresh(*_why: object) -> tuple[list[Component], Component]:
        return build_cases(context), unjudged_section(context)


PAGE = Page(
    route="duty",
    title=Words("值班台", "Duty desk"),
    question=Words("哪些告警未结，由谁处理", "Which warnings are open, and who deals with them"),
    position=40,
    roles=frozenset({Role.DUTY, Role.ADMINISTRATOR}),
    layout=layout,
    register=register,
)
