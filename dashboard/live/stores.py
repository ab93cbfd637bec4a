"""Where pushes reach Dash: stores of the shell that assets/live.js fills, inputs for any page."""

from dash import dcc
from dash.development.base_component import Component

LAYERS = "live-layers"  # {indicator: version} of all heard so far
STATE = "live-state"  # {connected, since, database}
ALERTS = "live-alerts"  # the latest announcement of an alert
RESYNC = "live-resync"  # changes when everything must be read anew


def live_stores() -> list[Component]:
    """Return the stores; they stay while pages change."""
    return [dcc.Store(id=each) for each in (LAYERS, STATE, ALERTS, RESYNC)]
