"""What every page is given: the city, the database, the settings and the cache."""

from dataclasses import dataclass

from dashboard.read.cache import AnswerCache
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.settings import Settings


@dataclass(frozen=True)
class ScreenContext:
    """The parts of one application; passed to pages, never kept on a module."""

    engine: Engine
    city: City
    settings: Settings
    cache: AnswerCache
