"""The period picker: step, play, and the period in words."""

from collections.abc import Sequence

from dash import Dash, Input, Output, State, dcc, html

from dashboard.browser import browser_callback
from dashboard.components.attributes import aria_label
from dashboard.wording.i18n import Language, translate
from layers.period import Period

PLAY_MS = 1200


def period_picker(
    page: str, periods: Sequence[Period], shown: Period | None, language: Language
) -> html.Div:
    """Return buttons, slider and label; the slider is native, so the keyboard works."""
    last = max(len(periods) - 1, 0)
    index = periods.index(shown) if shown in periods else last
    return html.Div(
        [
            html.Button("◀", id=f"{page}-step-back", title=translate("explore.previous", language)),
            html.Button("▶", id=f"{page}-play", title=translate("explore.play", language)),
            html.Button("▶|", id=f"{page}-step-on", title=translate("explore.next", language)),
            dcc.Input(
                id=f"{page}-slider",
                type="range",
                min=0,
                max=last,
                step=1,
                value=index,
                disabled=last == 0,
            ),
            html.Output(str(shown or "—"), id=f"{page}-period", className="period-label number"),
            dcc.Interval(id=f"{page}-player", interval=PLAY_MS, disabled=True),
        ],
        className="period-picker",
        role="group",
        **aria_label(translate("explore.period", language)),
    )


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
