"""The period picker: step, play, and the period in words."""

from collections.abc import Sequence

from dash import Dash, Input, Output, State, dcc, html

from dashboard.browser import browser_callback
from dashboard.components.attributes import aria_label
from dashboard.wording.i18n import Language, translate
from dashboard.wording.numbers import MISSING
from dashboard.wording.periods import known_period_text, period_text
from layers.period import Period
from layers.values.covered_days import CoveredDays

PLAY_MS = 1200


def period_picker(
    page: str,
    periods: Sequence[Period],
    shown: Period | None,
    language: Language,
    days: CoveredDays | None = None,
) -> html.Div:
    """Return buttons, slider and label; the slider is native, so the keyboard works.

    `days` is what is known of the periods: those that are planned are marked on the slider.
    """
    last = max(len(periods) - 1, 0)
    index = periods.index(shown) if shown in periods else last
    return html.Div(
        [
            html.Button("◀", id=f"{page}-step-back", title=translate("explore.previous", language)),
            html.Button("▶", id=f"{page}-play", title=translate("explore.play", language)),
            html.Button("▶|", id=f"{page}-step-on", title=translate("explore.next", language)),
            html.Div(
                [
                    dcc.Input(
                        id=f"{page}-slider",
                        type="range",
                        min=0,
                        max=last,
                        step=1,
                        value=index,
                        disabled=last == 0,
                    ),
                    *planned_mark(periods, language, days),
                ],
                className="period-slider",
            ),
            html.Output(
                shown_text(shown, language, days),
                id=f"{page}-period",
                className="period-label number",
            ),
            dcc.Interval(id=f"{page}-player", interval=PLAY_MS, disabled=True),
        ],
        className="period-picker",
        role="group",
        **aria_label(translate("explore.period", language)),
    )


def shown_text(shown: Period | None, language: Language, days: CoveredDays | None) -> str:
    """Return the shown period in words, a dash where there is none."""
    if shown is None:
        return MISSING
    return known_period_text(days.of(shown), language) if days else period_text(shown)


def planned_mark(
    periods: Sequence[Period], language: Language, days: CoveredDays | None
) -> list[html.Div]:
    """Return the mark under the part of the slider that is a plan of days to come."""
    is_future = [days.of(period).is_future for period in periods] if days else []
    if not any(is_future):
        return []
    share = is_future.index(True) / max(len(periods) - 1, 1)
    mark = html.Div(
        translate("period.planned", language),
        className="period-planned",
        style={"--from": f"{share:.4f}"},
    )
    return [mark]


def register_period_picker(app: Dash, page: str) -> None:
    """Step and play in the browser, without asking the server."""
    browser_callback(
        app,
        "explore.step",
        Output(f"{page}-slider", "value"),
        Input(f"{page}-step-back", "n_clicks"),
        Input(f"{page}-step-on", "n_clicks"),
        Input(f"{page}-player", "n_intervals"),
        State(f"{page}-slider", "value"),
        State(f"{page}-slider", "max"),
        prevent_initial_call=True,
    )
    browser_callback(
        app,
        "explore.play",
        Output(f"{page}-player", "disabled"),
        Input(f"{page}-play", "n_clicks"),
        State(f"{page}-player", "disabled"),
        prevent_initial_call=True,
    )
