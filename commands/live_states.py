"""Keeps states current: hears of loads, gathers those that come together, refreshes."""

import asyncio
import json
import logging
from collections.abc import Iterable

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geodata.announce import LOADS
from geodata.candidates import find_candidates, read_rules
from geodata.city import City
from geodata.errors import OperationsError
from layers.build import build_states, refresh_states
from layers.version import Build

GATHER_S = 1.0  # a refresh for all that was loaded meanwhile
PAUSE_S = 2.0
_logger = logging.getLogger(__name__)


async def keep_states_current(engine: Engine, city: City, stop: asyncio.Event) -> None:
    """Refresh what loads touch, whichever process loaded them, until the end.

    At the start and after a lost connection everything is brought up to date first.
    """
    while not stop.is_set():
        try:
            await asyncio.to_thread(_keep, engine, city, stop)
        except (psycopg.Error, SQLAlchemyError, OperationsError) as error:
            _logger.warning("states: %s", str(error).partition("\n")[0])
            await asyncio.sleep(PAUSE_S)


def _keep(engine: Engine, city: City, stop: asyncio.Event) -> None:
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(LOADS)))
        rules = read_rules(city)
        _say(build_states(engine, city))  # what was loaded while nobody listened
        while not stop.is_set():
            loads = _load_ids(note.payload for note in connection.notifies(timeout=GATHER_S))
            if loads:
                find_candidates(engine, rules, loads)
                _say(refresh_states(engine, city, loads))
            connection.execute("SELECT 1")


def _say(builds: Iterable[Build]) -> None:
    for build in builds:
        _logger.info("states of %s: version %s", build.indicator, build.version)


def _load_ids(payloads: Iterable[str]) -> set[int]:
    return {int(json.loads(payload)["load_id"]) for payload in payloads}
