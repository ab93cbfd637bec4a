"""Evaluates the alert rules at intervals while the live process runs."""

import asyncio
import logging
from contextlib import suppress

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.errors import OperationsError
from layers.alerts.observe import evaluate
from layers.alerts.rules import HeldLoadRule, StaleRule, load_alert_rules

QUICK_S = 20.0  # a silent source, or a held file, shows within the minute
ROUND_S = 300.0  # scores and whole hours do not change faster
_logger = logging.getLogger(__name__)


async def keep_watch(engine: Engine, city: City, stop: asyncio.Event) -> None:
    """Evaluate the rules until the stop; a failed round is repeated with the next."""
    quick = [rule for rule in load_alert_rules(city) if isinstance(rule, StaleRule | HeldLoadRule)]
    rounds = 0
    while not stop.is_set():
        rules = quick if rounds % (ROUND_S // QUICK_S) else None
        try:
            for alert, change in await asyncio.to_thread(evaluate, engine, city, now(), rules):
                _logger.info("alert %s: %s", change, alert.text_en)
        except (*DATABASE_ERRORS, OperationsError) as error:
            _logger.warning("alerts: %s", str(error).partition("\n")[0])
        rounds += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), QUICK_S)
