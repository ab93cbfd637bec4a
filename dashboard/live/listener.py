"""Listens to the database's announcements, on one connection a process, across its restarts."""

import asyncio
import logging
from collections.abc import Callable

from dashboard.live.hub import Hub
from geodata.database.announce import (
    ALERTS,
    CANDIDATES,
    CHANNELS,
    LAYERS,
    LOADS,
    SIGNED_OUT,
    VEHICLES,
)
from geodata.database.handle import Engine
from geodata.database.listening import open_announcements
from geodata.errors import DatabaseError

KINDS = {
    LOADS: "load",
    LAYERS: "layer",
    ALERTS: "alert",
    VEHICLES: "vehicles",
    CANDIDATES: "candidate",
}
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
_logger = logging.getLogger(__name__)


def nobody_asks() -> None:
    """Do nothing when somebody was signed out: no gate stands before the pushes."""


async def listen(engine: Engine, hub: Hub, on_signed_out: Callable[[], None] = nobody_asks) -> None:
    """Pass announcements to the hub for ever; after a loss every screen gets `resync`.

    That somebody was signed out is for the gate, not for the screens.
    """
    pause_s = FIRST_PAUSE_S
    was_lost = False
    while True:
        try:
            async with open_announcements(engine.url, CHANNELS) as announcements:
                hub.is_database_up = True
                pause_s = FIRST_PAUSE_S
                if was_lost:
                    hub.publish("resync", {"reason": "database is back"})
                was_lost = False
                async for channel, facts in announcements:
                    if channel == SIGNED_OUT:
                        on_signed_out()
                    else:
                        hub.publish(KINDS[channel], facts)
        except DatabaseError as error:
            if not was_lost:
                _logger.warning("the database is lost: %s", error)
            hub.is_database_up = False
            if not was_lost:
                hub.beat()
            was_lost = True
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
