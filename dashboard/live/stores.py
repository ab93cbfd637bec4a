"""The stores by which pushes enter Dash: assets/live.js fills them, pages use them as inputs."""

from dash import dcc
from dash.development.base_component import Component

LAYERS = "live-layers"  # {indicator: version} of all announced so far
STATE = "live-state"  # {connected, since, database}
ALERTS = "live-alerts"  # the latest announcement of an alert
CANDIDATES = "live-candidates"  # the latest announcement of calls that may be one event
RESYNC = "live-resync"  # changes when everything must be read again


def live_stores() -> list[Component]:
    """Return the stores; they stay when the page changes."""
    return [dcc.Store(id=each) for each in (LAYERS, STATE, ALERTS, CANDIDATES, RESYNC)]
