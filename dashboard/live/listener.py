"""Listens to the database's announcements, on one connection a process, across its restarts."""

import asyncio
import json
import logging
from typing import Any

import psycopg
from psycopg import AsyncConnection, Notify, sql
from sqlalchemy.engine import URL

from dashboard.live.hub import Hub
from geodata.database.announce import ALERTS, CANDIDATES, CHANNELS, LAYERS, LOADS, VEHICLES

KINDS = {
    LOADS: "load",
    LAYERS: "layer",
    ALERTS: "alert",
    VEHICLES: "vehicles",
    CANDIDATES: "candidate",
}
CHECK_S = 5.0  # a connection that died silently is detected after this
ANSWER_MS = 10_000  # without it the system waits a quarter of an hour over a cut cable
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
_logger = logging.getLogger(__name__)


async def listen(url: URL, hub: Hub) -> None:
    """Pass announcements to the hub for ever; after a loss every screen gets `resync`."""
    pause_s = FIRST_PAUSE_S
    was_lost = False
    while True:
        try:
            async with await _connect(url) as connection:
                hub.is_database_up = True
                pause_s = FIRST_PAUSE_S
                if was_lost:
                    hub.publish("resync", {"reason": "database is back"})
                was_lost = False
                await _pass_on(connection, hub)
        except psycopg.Error as error:
            if not was_lost:
                _logger.warning("the database is lost: %s", str(error).partition("\n")[0])
            hub.is_database_up = False
            if not was_lost:
                hub.beat()
            was_lost = True
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _connect(url: URL) -> AsyncConnection[Any]:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await AsyncConnection.connect(
        address, autocommit=True, connect_timeout=5, tcp_user_timeout=ANSWER_MS
    )
    for channel in CHANNELS:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    return connection


async def _pass_on(connection: AsyncConnection[Any], hub: Hub) -> None:
    while True:
        async for note in connection.notifies(timeout=CHECK_S):
            hub.publish(KINDS[note.channel], facts_of(note))
        await connection.execute("SELECT 1")


def facts_of(note: Notify) -> dict[str, Any]:
    """Return the facts of an announcement; one that is no JSON object is passed on as text."""
    try:
        facts = json.loads(note.payload)
    except json.JSONDecodeError:
        facts = None
    return facts if isinstance(facts, dict) else {"text": note.payload}
