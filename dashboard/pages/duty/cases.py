"""One alert with its case: condition, since when, state, possible actions, history."""

from collections.abc import Sequence

from dash import html
from sqlalchemy import RowMapping

from dashboard.components.provenance import age_text, local_time
from dashboard.components.text import bilingual, two_lines
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.clock import now

SEVERITY_CLASS = {1: "none", 2: "watch", 3: "bad"}
SEVERITY_SIGN = {1: "●", 2: "▲", 3: "■"}
ACTIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledge", "assign"),
    "acknowledged": ("assign", "close"),
    "assigned": ("assign", "close"),
    "closed": (),
}


def severity_mark(severity: int) -> html.Span:
    """Return a severity's sign and number, with its word for those who cannot see the colour."""
    words = " ".join(translate("duty.severity", code, level=severity) for code in LANGUAGES)
    return html.Span(
        [SEVERITY_SIGN[severity], f" {severity}"],
        className=f"severity {SEVERITY_CLASS[severity]}",
        title=words,
    )


def case_card(row: RowMapping, zone: str, act: str) -> html.Section:
    """Return the card of a case; it has the buttons that the case's state allows."""
    age = now() - row["raised_at"]
    at = local_time(row["raised_at"], zone)
    since = {code: f"{at} · {age_text(age, code)}" for code in LANGUAGES}
    state = f"duty.state.{row['state']}"
    case = f"duty.case.{row['case_state']}"
    names = {"name": row["assigned_to"] or "—"}
    return html.Section(
        [
            severity_mark(row["severity"]),
            two_lines(row["text_zh"], row["text_en"], class_name="case-text"),
            two_lines(since["zh"], since["en"], class_name="case-since"),
            bilingual(state, class_name=f"case-state {row['state']}"),
            bilingual(case, class_name="case-owner", **names),
            html.Div(
                [
                    html.Button(
                        bilingual(f"duty.{action}", tag=html.Span),
                        id={"type": act, "action": action, "alert": row["alert_id"]},
                        className="button",
                    )
                    for action in (*ACTIONS[row["case_state"]], "history")
                ],
                className="case-actions",
            ),
        ],
        className=f"panel case severity-{row['severity']} case-{row['case_state']}",
    )


def history_list(alert_id: int, changes: Sequence[RowMapping], zone: str) -> html.Div:
    """Return the changes of a case, oldest first, with who made them."""
    items = [
        html.Li(
            [
                html.Span(local_time(change["changed_at"], zone), className="number"),
                bilingual(f"duty.change.{change['change']}", tag=html.Span),
                severity_mark(change["severity"]),
                html.Span(" · ".join(filter(None, (change["who"], change["note"])))),
            ]
        )
        for change in changes
    ]
    return html.Div([html.H3(f"№ {alert_id}"), html.Ol(items, className="case-history")])
