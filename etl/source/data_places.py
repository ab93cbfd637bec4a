"""Where a city's data lie outside the database."""

from dataclasses import dataclass
from pathlib import Path

from geodata.database.partitions import PartitionStore


@dataclass(frozen=True)
class DataPlaces:
    """The folder that files come into, and the store of day partitions; what is None is not there.

    Without an incoming folder, files are looked for where the caller or the declaration says.
    """

    incoming: Path | None = None
    store: PartitionStore | None = None


NOWHERE = DataPlaces()
