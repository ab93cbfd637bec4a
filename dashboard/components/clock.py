"""The clock in the city's time zone; the browser advances it without asking the server."""

from dash import Dash, Input, Output, State, dcc, html

from dashboard.browser import browser_callback


def clock(page: str, zone: str) -> html.Div:
    """Return the time with the date below it."""
    return html.Div(
        [
            html.Div("--:--", id=f"{page}-time", className="clock-time"),
            html.Div("", id=f"{page}-date", className="clock-date"),
            dcc.Store(id=f"{page}-zone", data=zone),
            dcc.Interval(id=f"{page}-second", interval=1000),
        ],
        className="clock",
    )


def register_clock(app: Dash, page: str) -> None:
    """Advance the clock of a page every second."""
    browser_callback(
        app,
        "clock.tick",
        Output(f"{page}-time", "children"),
        Output(f"{page}-date", "children"),
        Input(f"{page}-second", "n_intervals"),
        State(f"{page}-zone", "data"),
    )
