"""Candidates: calls of two channels that may be one event, to be confirmed or rejected."""

from functools import partial
from typing import Any

from dash import ALL, Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual
from dashboard.live.stores import CANDIDATES, RESYNC
from dashboard.pages.duty.buttons import pressed_button
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.errors import OperationsError
from geodata.identity.audit import Outcome, write_audit
from geodata.identity.caller import current_caller
from geodata.queries.candidate_decisions import decide_candidate
from geodata.queries.candidates import CandidateRow, check_candidate, read_candidates
from geodata.queries.screens import read_place_names

DECIDE = "duty-decide"
ANSWERS = ("one_event", "two_events")
SHOWN = 12


def candidate_section(context: ScreenContext) -> html.Section:
    """Return the candidates that are not decided yet."""
    return html.Section(
        [
            bilingual("duty.candidates", tag=html.H2),
            html.Div(build_candidates(context), id="duty-candidates"),
        ],
        className="panel duty-side",
    )


def build_candidates(context: ScreenContext) -> list[Component]:
    """Return a line for each candidate, or the text that there is none."""
    rows = read_candidates(context.engine, limit=SHOWN)
    if not rows:
        return [bilingual("duty.no_candidates", class_name="empty")]
    names = {key: zh for key, (zh, _) in read_place_names(context.engine).items()}
    return [candidate_line(row, context.city.timezone, names) for row in rows]


def candidate_line(row: CandidateRow, zone: str, names: dict[str, str]) -> html.Div:
    """Return both calls, the distance between them, and the two buttons."""
    calls = [
        f"{channel} {category or '—'} · {local_time(at, zone)} · {names.get(district, district)}"
        for channel, category, at, district in (
            (row.first_channel, row.first_category, row.first_received_at, row.first_district_id),
            (
                row.second_channel,
                row.second_category,
                row.second_received_at,
                row.second_district_id,
            ),
        )
    ]
    apart = [
        translate(
            "duty.apart", code, metres=f"{row.distance_m:.0f}", minutes=f"{row.gap_s / 60:.0f}"
        )
        for code in LANGUAGES
    ]
    answers = [
        html.Button(
            bilingual(f"duty.{answer}", tag=html.Span),
            id={"type": DECIDE, "answer": answer, "candidate": row.candidate_id},
            className="button",
        )
        for answer in ANSWERS
    ]
    return html.Div(
        [
            *[html.Div(call) for call in calls],
            html.Div(" · ".join(apart), className="caption"),
            html.Div(answers, className="case-actions"),
        ],
        className="candidate",
    )


def decide(context: ScreenContext, answer: str, candidate_id: int) -> str:
    """Store the decision, signed by the caller; return the sentence for the officer."""
    if answer not in ANSWERS:
        return ""
    words = [translate(f"duty.{answer}", code) for code in LANGUAGES]
    record = partial(write_audit, context.writer, f"candidate {answer}", str(candidate_id))
    try:
        check_candidate(context.engine, candidate_id)
        decide_candidate(
            context.writer,
            candidate_id,
            is_one_event=answer == "one_event",
            decided_by=current_caller().name,
        )
    except OperationsError as error:
        record(Outcome.REFUSED)
        return str(error)
    record()
    return f"{' '.join(words)} · {candidate_id}"


def register_candidates(app: Dash, context: ScreenContext) -> None:
    """Handle decisions, and show the remaining candidates."""

    @app.callback(
        Output("duty-answer", "children", allow_duplicate=True),
        Output("duty-candidates", "children"),
        Input({"type": DECIDE, "answer": ALL, "candidate": ALL}, "n_clicks"),
        Input("duty-refresh", "n_intervals"),
        Input(CANDIDATES, "data"),
        Input(RESYNC, "data"),
        prevent_initial_call=True,
    )
    def on_answer(*_why: object) -> Any:
        pressed = pressed_button("answer", "candidate")
        said: Any = decide(context, *pressed) if pressed else no_update
        return said, build_candidates(context)
