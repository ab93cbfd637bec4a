"""The definition of states besides the records: catalogue entry, program code, city files."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from geodata.city.configuration import City
from geodata.settings import ROOT
from layers.catalogue.indicator import Indicator

_ROOMS = ("geodata", "layers")


def definition_digest(indicator: Indicator, city: City) -> str:
    """Return a checksum of everything but records that can change the states.

    States of another definition are not updated but computed again.
    """
    parts = (indicator.model_dump_json(), _code_digest(), _folder_digest(city.folder))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _code_digest() -> str:
    """Return the checksum of the program's code on disk, read once a process."""
    return _digest(path for room in _ROOMS for path in (ROOT / room).rglob("*.py"))


@cache
def _folder_digest(folder: Path) -> str:
    return _digest(path for path in folder.rglob("*") if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
