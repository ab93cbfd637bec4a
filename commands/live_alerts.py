"""Evaluates the alert rules at intervals while the live process runs."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import OperationsError
from layers.alerts.observe import evaluate
from layers.alerts.rules import StaleRule, load_alert_rules

SILENCE_S = 20.0  # a silent source shows within the minute
ROUND_S = 300.0  # scores and whole hours do not change faster
_logger = logging.getLogger(__name__)


async def keep_watch(engine: Engine, city: City, stop: asyncio.Event) -> None:
    """Evaluate the rules until the stop; a failed round is repeated with the next."""
    silence = [rule for rule in load_alert_rules() if isinstance(rule, StaleRule)]
    rounds = 0
    while not stop.is_set():
        rules = silence if rounds % (ROUND_S // SILENCE_S) else None
        try:
            for alert, change in await asyncio.to_thread(evaluate, engine, city, now(), rules):
                _logger.info("alert %s: %s", change, alert.text_en)
        except (SQLAlchemyError, OperationsError) as error:
            _logger.warning("alerts: %s", str(error).partition("\n")[0])
        rounds += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SILENCE_S)
