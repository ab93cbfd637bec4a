"""Removes day partitions older than their kind's retention, once a day while live runs."""

import asyncio
import logging
from contextlib import suppress
from datetime import date, timedelta

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.partitions import Partition, open_store
from geodata.settings import Settings

LOOK_EVERY_S = 600.0
_logger = logging.getLogger(__name__)


def prune_telemetry(settings: Settings, today: date) -> list[Partition]:
    """Remove partitions that are too old on a day; return them. Kinds without a rule are kept."""
    store = open_store(settings)
    return [
        removed
        for kind, days in settings.telemetry_days.items()
        for removed in store.prune(kind, today - timedelta(days=days))
    ]


async def keep_retention(settings: Settings, city: City, stop: asyncio.Event) -> None:
    """Prune at the start and on every new local day; a failure is retried at the next check."""
    done_on: date | None = None
    while not stop.is_set():
        today = now().astimezone(city.zone).date()
        if today != done_on:
            try:
                for each in await asyncio.to_thread(prune_telemetry, settings, today):
                    _logger.info("removed %s: older than its kind is kept", each.name)
                done_on = today
            except OSError as error:
                _logger.warning("retention: %s", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
