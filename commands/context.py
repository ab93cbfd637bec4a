"""The context of a command: settings, city and database."""

from dataclasses import dataclass
from functools import cached_property

from commands.simulated_files import incoming_dir
from etl.source.data_places import DataPlaces
from geodata.city.configuration import City, load_city
from geodata.database.engines import Engines, get_engines
from geodata.database.handle import Engine
from geodata.database.migrate import upgrade
from geodata.database.partitions import open_store
from geodata.identity.readable_districts import readable_districts
from geodata.private_files import close_to_others
from geodata.settings import Settings, get_settings
from geodata.space.districts import load_districts

_PRIVATE = ("incoming", "cache", "grid", "telemetry")


@dataclass(frozen=True)
class CommandContext:
    """The settings of this process; city and engine are created on demand."""

    settings: Settings

    @cached_property
    def city(self) -> City:
        """The city's configuration."""
        return load_city(self.settings.city, self.settings.city_dir)

    @property
    def places(self) -> DataPlaces:
        """Where the city's files come in and its day partitions are kept."""
        return DataPlaces(incoming_dir(self.settings, self.city), open_store(self.settings))

    @cached_property
    def engines(self) -> Engines:
        """The engines on the city's database; starts the private cluster where needed."""
        return get_engines(self.settings, readable_districts)

    @cached_property
    def engine(self) -> Engine:
        """The writer's engine, by which commands load, build and publish."""
        return self.engines.writer

    @cached_property
    def ready_engine(self) -> Engine:
        """The engine, after updating the schema and loading the city's districts."""
        upgrade(self.engines.owner)
        with self.engine.begin() as connection:
            load_districts(connection, self.city)
        return self.engine


def get_context() -> CommandContext:
    """Return the context of this process's settings; what an open umask left open is closed."""
    settings = get_settings()
    for name in _PRIVATE:
        close_to_others(settings.data_dir / name)
    return CommandContext(settings)
