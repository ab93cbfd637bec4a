"""Publishes what may be published, with what the city's public screens show."""

from collections.abc import Iterable
from pathlib import Path

from dashboard.scenes.public import public_headlines
from geodata.city.configuration import City
from geodata.database.handle import Engine
from layers.disclosure import publish


def publish_layers(
    engine: Engine, city: City, data_dir: Path, indicators: Iterable[str] | None = None
) -> list[str]:
    """Update the published layers; return those that changed.

    Raises:
        NotFoundError: an indicator does not exist.
        DeclarationError: screens show a count of people over periods that overlap.
    """
    return publish.publish_layers(engine, city, data_dir, indicators, public_headlines(city))
