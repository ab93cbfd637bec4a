"""The parts of a city's configuration, as typed models that refuse unknown keys."""

import codecs
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from geodata.declared import Declared


def _ordered_bounds(
    bounds: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError("must be west, south, east, north in degrees")
    return bounds


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone")
    return name


def check_encoding(name: str) -> str:
    """Return the name if it is that of an encoding of text."""
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"unknown encoding '{name}'") from None
    return name


BoundsField = Annotated[tuple[float, float, float, float], AfterValidator(_ordered_bounds)]
TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
EncodingName = Annotated[str, AfterValidator(check_encoding)]
Resolution = Annotated[int, Field(ge=0, le=10)]


class Camera(Declared):
    """The map's first view."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    zoom: float = Field(ge=0, le=22)


class CellDistrict(Declared):
    """One district given as the union of the H3 cells in a column of a CSV file."""

    district_id: str
    name_zh: str
    name_en: str
    kind: str
    file: Path
    column: str = "id"


class Constant(Declared):
    """The same for every district of a file that does not say it."""

    const: str


class Filled(Declared):
    """A property, and what stands for it where a district has none."""

    property: str
    default: str


class DistrictFile(Declared):
    """A vector file of districts as it was published, and which of its properties mean what.

    One property may be several things, such as id and name. Of two names that are not given the
    other one stands; without a kind all are districts, without a position the file's order counts.
    """

    path: Path
    district_id: str = "district_id"
    name_zh: str | None = None
    name_en: str | None = None
    kind: str | Constant | Filled | None = None
    position: str | None = None


class Districts(Declared):
    """Where the districts come from: a vector file, or lists of cells."""

    file: DistrictFile | None = None
    from_cells: tuple[CellDistrict, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (not self.from_cells):
            raise ValueError("give either file or from_cells")
        return self


class Population(Declared):
    """The census by district: its file, its day, and which of its counts is used."""

    file: Path
    census_on: date
    used: Literal["residents_on_ground", "residents_published"] = "residents_on_ground"
    total: int = Field(gt=0, description="the published total of the city, which must be met")


class Holiday(Declared):
    """Days off, first and last included, and the weekend days worked to make up for them."""

    starts_on: date
    ends_on: date
    name_zh: str
    name_en: str
    make_up_on: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self
