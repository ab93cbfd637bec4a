"""Judges the alert rules again and again while the live process runs."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geodata.city import City
from geodata.clock import now
from geodata.errors import OperationsError
from layers.alerts.observe import evaluate

EVERY_S = 20.0
_logger = logging.getLogger(__name__)


async def keep_watch(engine: Engine, city: City, stop: asyncio.Event) -> None:
    """Evaluate the rules until the end; a round that fails is tried again with the next."""
    while not stop.is_set():
        try:
            for alert, change in await asyncio.to_thread(evaluate, engine, city, now()):
                _logger.info("alert %s: %s", change, alert.text_en)
        except (SQLAlchemyError, OperationsError) as error:
            _logger.warning("alerts: %s", str(error).partition("\n")[0])
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_S)
