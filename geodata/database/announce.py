"""The channels on which the database notifies listening processes of changes."""

import json
from typing import Any

from sqlalchemy import Connection, func, select

LOADS = "occ_load"
LAYERS = "occ_layer"
ALERTS = "occ_alert"
VEHICLES = "occ_vehicle"
CANDIDATES = "occ_candidate"
SIGNED_OUT = "occ_signed_out"
CHANNELS = (LOADS, LAYERS, ALERTS, VEHICLES, CANDIDATES, SIGNED_OUT)


def announce(connection: Connection, channel: str, **facts: Any) -> None:
    """Send a notification on a channel; listeners get it when the transaction commits.

    A payload is JSON and short (PostgreSQL takes 8,000 bytes): it names what to read.
    """
    payload = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), default=str)
    connection.execute(select(func.pg_notify(channel, payload)))
