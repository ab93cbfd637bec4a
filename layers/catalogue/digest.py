"""What states follow from besides records: the entry, the program's code, the city's files."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from geodata.city.configuration import City
from geodata.settings import ROOT
from layers.catalogue.indicator import Indicator

_ROOMS = ("geodata", "layers")


def definition_digest(indicator: Indicator, city: City) -> str:
    """Return a checksum that changes with anything but records that can change the states.

    States built by another definition are not added to, they are computed anew.
    """
    parts = (indicator.model_dump_json(), _code_digest(), _folder_digest(city.folder))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _code_digest() -> str:
    """Return the checksum of the code that this process runs, or nearly: read at its first use."""
    return _digest(path for room in _ROOMS for path in (ROOT / room).rglob("*.py"))


@cache
def _folder_digest(folder: Path) -> str:
    return _digest(path for path in folder.rglob("*") if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
