"""The palettes that an indicator may name: read from the one table of colours."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from geodata.declared import Declared, read_declared

FILE = Path(__file__).with_name("palettes.yaml")
MOST_CLASSES = 7
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class Palette(Declared):
    """Colours from the low to the high end; of a diverging one, from the bad to the good side."""

    kind: Literal["sequential", "diverging"]
    stops: tuple[Colour, ...] = Field(min_length=MOST_CLASSES, max_length=MOST_CLASSES)


def read_palettes(path: Path) -> Mapping[str, Palette]:
    """Read a table of palettes by name.

    Raises:
        DeclarationError: an entry is wrong; names the file and the key.
    """
    return MappingProxyType(read_declared(path, dict[str, Palette]))


@cache
def load_palettes() -> Mapping[str, Palette]:
    """Return the program's palettes by name."""
    return read_palettes(FILE)


def _known(name: str) -> str:
    if name not in load_palettes():
        raise ValueError(f"{name!r} is none of {', '.join(load_palettes())}")
    return name


PaletteName = Annotated[str, AfterValidator(_known)]
