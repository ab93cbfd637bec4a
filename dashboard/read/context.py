"""The context of every page: city, database, settings, cache."""

from dataclasses import dataclass

from sqlalchemy import Engine

from dashboard.read.cache import AnswerCache
from geodata.city.configuration import City
from geodata.settings import Settings


@dataclass(frozen=True)
class ScreenContext:
    """The parts of one application; passed to pages, never kept in a module."""

    engine: Engine
    city: City
    settings: Settings
    cache: AnswerCache
