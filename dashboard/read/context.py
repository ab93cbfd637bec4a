"""The context of every page: city, database, settings, cache."""

from dataclasses import dataclass

from dashboard.read.cache import AnswerCache
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.settings import Settings


@dataclass(frozen=True)
class ScreenContext:
    """The parts of one application; passed to pages, never kept in a module."""

    engine: Engine
    city: City
    settings: Settings
    cache: AnswerCache
    published: Engine | None = None  # that sees the published schema and nothing else

    @property
    def public(self) -> Engine:
        """Return the engine that public screens read by."""
        return self.published or self.engine
