"""The context of every page: city, database, settings, cache."""

from dataclasses import dataclass

from dashboard.read.cache import AnswerCache
from geodata.city.configuration import City
from geodata.database.handle import Engine
from geodata.settings import Settings


@dataclass(frozen=True)
class ScreenContext:
    """The parts of one application; passed to pages, never kept in a module."""

    engine: Engine  # only reads
    city: City
    settings: Settings
    cache: AnswerCache
    published: Engine | None = None  # that sees the published schema and nothing else
    acting: Engine | None = None

    @property
    def writer(self) -> Engine:
        """The engine by which people act; the reading one where one role does everything."""
        return self.acting or self.engine

    @property
    def public(self) -> Engine:
        """The engine that public screens read by."""
        return self.published or self.engine
