"""Keeps the published layers current, at intervals, while the live process runs."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from commands.published import publish_layers
from geodata.city.configuration import City
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.errors import OperationsError

EVERY_S = 300.0  # a desktop GIS reloads when its user asks; a publication takes seconds
_logger = logging.getLogger(__name__)


async def keep_published(
    engine: Engine, city: City, data_dir: Path, stop: asyncio.Event, every_s: float = EVERY_S
) -> None:
    """Publish the layers whose version or period changed, until the stop.

    It begins with a pause: at the start the states are brought up to date, which comes first.
    """
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_s)
        if stop.is_set():
            return
        try:
            for name in await asyncio.to_thread(publish_layers, engine, city, data_dir):
                _logger.info("published %s", name)
        except (*DATABASE_ERRORS, OperationsError, OSError) as error:
            _logger.warning("publishing: %s", str(error).partition("\n")[0])
