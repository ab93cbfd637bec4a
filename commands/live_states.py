"""Keeps states current: listens for loads and refreshes at once the indicators they change.

Loads made while the process was not listening are caught up in another thread, an indicator at a
time.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geodata.city.configuration import City
from geodata.database.announce import LOADS
from geodata.errors import OperationsError
from geodata.queries.candidates import find_candidates, read_candidate_rules
from layers.build.run import build_states, refresh_states
from layers.catalogue.registry import load_catalogue
from layers.states.version import Build

LISTEN_S = 1.0  # how long a stop signal may wait
GATHER_S = 0.1  # one refresh for loads that come together
PAUSE_S = 2.0
_logger = logging.getLogger(__name__)


async def keep_states_current(
    engine: Engine, city: City, live_tables: Collection[str], stop: asyncio.Event
) -> None:
    """Refresh states after loads, whichever process made them, until the stop.

    At the start and after a lost connection every indicator is brought up to date as well, those on
    tables that live sources fill first.
    """
    behind = threading.Event()
    await asyncio.gather(
        _again(stop, lambda: _listen(engine, city, behind, stop)),
        _again(stop, lambda: _catch_up(engine, city, in_order(live_tables), behind, stop)),
    )


def in_order(live_tables: Collection[str]) -> list[str]:
    """Return the catalogue's indicators, those on live tables first."""
    catalogue = load_catalogue()
    live = set(live_tables)
    return sorted(catalogue, key=lambda key: live.isdisjoint(catalogue[key].tables))


async def _again(stop: asyncio.Event, work: Callable[[], None]) -> None:
    """Run a function that lasts until the stop; restart it after the database was gone."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(work)
        except (psycopg.Error, SQLAlchemyError, OperationsError) as error:
            _logger.warning("states: %s", str(error).partition("\n")[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE_S)


def _listen(engine: Engine, city: City, behind: threading.Event, stop: asyncio.Event) -> None:
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(LOADS)))
        rules = read_candidate_rules(city)
        behind.set()  # loads made while not listening
        while not stop.is_set():
            loads = _hear(connection)
            if loads:
                find_candidates(engine, rules, loads)
                _say(refresh_states(engine, city, loads))
            connection.execute("SELECT 1")


def _hear(connection: psycopg.Connection) -> set[int]:
    """Wait for a load, then for those that come shortly after it."""
    first = [note.payload for note in connection.notifies(timeout=LISTEN_S, stop_after=1)]
    rest = [note.payload for note in connection.notifies(timeout=GATHER_S)] if first else []
    return {int(json.loads(payload)["load_id"]) for payload in first + rest}


def _catch_up(
    engine: Engine, city: City, keys: Iterable[str], behind: threading.Event, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        if not behind.wait(LISTEN_S):
            continue
        behind.clear()
        try:
            for key in keys:
                if stop.is_set():
                    return
                _say(build_states(engine, city, [key]))
        except Exception:
            behind.set()
            raise
        _logger.info("states are up to date")


def _say(builds: Iterable[Build]) -> None:
    for build in builds:
        _logger.info("states of %s: version %s", build.indicator, build.version)
