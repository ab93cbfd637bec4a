"""Candidates: calls of two channels that may be one event, to be confirmed or rejected."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual
from dashboard.live.stores import RESYNC
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.errors import OperationsError
from geodata.queries.candidate_decisions import decide_candidate
from geodata.queries.candidates import CandidateRow, read_candidates
from geodata.queries.screens import read_place_names

DECIDE = "duty-decide"
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
        for answer in ("one_event", "two_events")
    ]
    return html.Div(
        [
            *[html.Div(call) for call in calls],
            html.Div(" · ".join(apart), className="caption"),
            html.Div(answers, className="case-actions"),
        ],
        className="candidate",
    )


def decide(context: ScreenContext, answer: str, candidate_id: int, who: str) -> str:
    """Store the officer's decision; return the sentence for the officer."""
    words = [translate(f"duty.{answer}", code) for code in LANGUAGES]
    if not who.strip():
        return " ".join(translate("duty.sign", code) for code in LANGUAGES)
    try:
        decide_candidate(
            context.writer,
            candidate_id,
            is_one_event=answer == "one_event",
            decided_by=who.strip(),
        )
    except OperationsError as error:
        return str(error)
    return f"{' '.join(words)} · {candidate_id}"


def register_candidates(app: Dash, context: ScreenContext) -> None:
    """Handle decisions, and show the remaining candidates."""

    @app.callback(
        Output("duty-answer", "children", allow_duplicate=True),
        Output("duty-candidates", "children"),
        Input({"type": DECIDE, "answer": ALL, "candidate": ALL}, "n_clicks"),
        Input("duty-refresh", "n_intervals"),
        Input(RESYNC, "data"),
        State("duty-who", "value"),
        prevent_initial_call=True,
    )
    def on_answer(_clicks: list[int | None], _tick: int, _resync: object, who: str | None) -> Any:
        chosen = ctx.triggered_id
        said: Any = no_update
        if isinstance(chosen, dict) and ctx.triggered[0]["value"]:
            said = decide(context, chosen["answer"], int(chosen["candidate"]), who or "")
        return said, build_candidates(context)
