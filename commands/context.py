"""The context of a command: settings, city and database."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from geodata.city.configuration import City, load_city
from geodata.database.engine import get_engine
from geodata.database.migrate import upgrade
from geodata.settings import Settings, get_settings
from geodata.space.districts import load_districts


@dataclass(frozen=True)
class CommandContext:
    """The settings of this process; city and engine are created on demand."""

    settings: Settings

    @cached_property
    def city(self) -> City:
        """The city's configuration."""
        return load_city(self.settings.city)

    @cached_property
    def engine(self) -> Engine:
        """The engine on the city's database; starts the private cluster where needed."""
        return get_engine(self.settings)

    @cached_property
    def ready_engine(self) -> Engine:
        """The engine, after updating the schema and loading the city's districts."""
        upgrade(self.engine)
        with self.engine.begin() as connection:
            load_districts(connection, self.city)
        return self.engine


def get_context() -> CommandContext:
    """Return the context of this process's settings."""
    return CommandContext(get_settings())
