"""Puts timetables in force on their day, and makes the next days of those in force."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from etl.outcome import FileLoad
from etl.pipeline.run import load_due
from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.errors import OperationsError

LOOK_EVERY_S = 600.0
_logger = logging.getLogger(__name__)


def load_due_timetables(
    engine: Engine, city: City, declarations: Iterable[SourceDeclaration]
) -> list[FileLoad]:
    """Load the kept timetables whose time has come; return what became of each."""
    found = (load_due(engine, city, each) for each in declarations)
    return [each for each in found if each is not None]


async def keep_timetables(
    engine: Engine, city: City, declarations: Iterable[SourceDeclaration], stop: asyncio.Event
) -> None:
    """Look every ten minutes until the stop; a failure is retried at the next look."""
    timetables = [each for each in declarations if each.reading.lapses]
    while timetables and not stop.is_set():
        try:
            for each in await asyncio.to_thread(load_due_timetables, engine, city, timetables):
                _logger.info("%s: %s %s", each.source, each.file, each.message or each.status)
        except (*DATABASE_ERRORS, OperationsError) as error:
            _logger.warning("timetables: %s", str(error).partition("\n")[0])
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
