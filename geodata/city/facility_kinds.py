"""The kinds of facilities of a city: what `facility.kind` may hold, and how each is drawn."""

from functools import cache
from pathlib import Path

from pydantic import Field

from geodata.city.colour import ColourField
from geodata.city.vocabulary import read_vocabulary
from geodata.declared import Declared

FILE = "facility_kinds.yaml"
KNOWN = Path(__file__).with_name(FILE)


class FacilityKind(Declared):
    """One kind; each may be an overlay of the wall's map."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="what facility.kind holds")
    label_zh: str
    label_en: str
    colour: ColourField = "text"
    hollow: bool = Field(default=True, description="its points are rings instead of dots")


@cache
def read_facility_kinds(folder: Path) -> tuple[FacilityKind, ...]:
    """Return the kinds of the city in a folder; without a file those that indicators speak of.

    Raises:
        CityError: the file is wrong; names it and the key.
    """
    return read_vocabulary(KNOWN, folder / FILE, FacilityKind)
