"""The domains of a city: what its indicators are about, in the order in which pages list them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from geodata.city.colour import ColourField
from geodata.city.configuration import City
from geodata.city.vocabulary import read_vocabulary
from geodata.declared import Declared

FILE = "domains.yaml"
KNOWN = Path(__file__).with_name(FILE)


class Domain(Declared):
    """What several indicators are about: usually one department's business."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label_zh: str
    label_en: str
    short_zh: str = Field(default="", description="at the head of a column; the label unless given")
    short_en: str = ""
    colour: ColourField = "context"

    @property
    def labels(self) -> tuple[str, str]:
        """Return the names, zh and en."""
        return self.label_zh, self.label_en

    @property
    def short(self) -> tuple[str, str]:
        """Return the short names, zh and en."""
        return self.short_zh or self.label_zh, self.short_en or self.label_en


def load_domains(city: City) -> Mapping[str, Domain]:
    """Return a city's domains by key, in its order; without a file those of the program."""
    return read_domains(city.folder)


def find_domain(city: City, key: str) -> Domain:
    """Return a domain; one that the city does not list goes by its key."""
    found = load_domains(city).get(key)
    return found or Domain(key=key, label_zh=key, label_en=key)


@cache
def read_domains(folder: Path) -> Mapping[str, Domain]:
    """Return the domains of the city in a folder.

    Raises:
        CityError: the file is wrong; names it and the key.
    """
    rows = read_vocabulary(KNOWN, folder / FILE, Domain)
    return MappingProxyType({row.key: row for row in rows})
