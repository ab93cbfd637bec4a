"""A city as configuration: one folder with `city.yaml` and the files it names, no code.

`cities/README.md` explains every key and how to add a city.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from geodata.city.channels import Channel, read_channels
from geodata.city.facility_kinds import FacilityKind, read_facility_kinds
from geodata.city.parts import (
    BoundsField,
    Camera,
    Districts,
    EncodingName,
    Holiday,
    Population,
    Resolution,
    TimeZoneName,
)
from geodata.city.travel import Travel
from geodata.declared import Declared, read_declared
from geodata.errors import CityError
from geodata.settings import ROOT

CITIES = ROOT / "cities"
CITY_FILE = "city.yaml"
SATURDAY = 5


class City(Declared):
    """Everything the program knows about a city."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    timezone: TimeZoneName
    metric_crs: int = Field(
        gt=0, description="EPSG code of the projected CRS for lengths and areas"
    )
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    datum_area: BoundsField | None = None
    legacy_encodings: tuple[EncodingName, ...] | None = None
    bounds: BoundsField
    boundary_tolerance_m: float = Field(
        default=0.0,
        ge=0,
        le=10_000,
        description="a point that close to the boundary belongs to the nearest district",
    )
    res_city: Resolution = 7
    res_district: Resolution = 8
    res_street: Resolution = 9
    camera: Camera
    districts: Districts
    population: Population | None = None
    stations: Path | None = None
    places: Path | None = None
    holidays: tuple[Holiday, ...] = ()
    travel: Travel = Travel()

    _folder: Path = PrivateAttr()

    @model_validator(mode="after")
    def _datum_has_area(self) -> Self:
        if (self.datum == "gcj02") != (self.datum_area is not None):
            raise ValueError("datum_area belongs to datum gcj02, and gcj02 needs one")
        return self

    @property
    def folder(self) -> Path:
        """The folder that the configuration was read from."""
        return self._folder

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def encodings_before_utf8(self) -> tuple[str, ...]:
        """What its departments' files may be in that are not UTF-8: China's standard in China."""
        if self.legacy_encodings is not None:
            return self.legacy_encodings
        return ("gb18030",) if self.datum == "gcj02" else ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The emergency channels, in the order of display; none where the city declares none."""
        return read_channels(self._folder)

    @property
    def facility_kinds(self) -> tuple[FacilityKind, ...]:
        """The kinds of facilities."""
        return read_facility_kinds(self._folder)

    def file(self, relative: Path) -> Path:
        """Return the full path of a file that the configuration names."""
        return self._folder / relative

    def files(self) -> dict[str, Path]:
        """Return every file the configuration names, by its key."""
        named: dict[str, Path | None] = {"stations": self.stations, "places": self.places}
        if self.districts.file:
            named["districts.file.path"] = self.districts.file.path
        if self.population:
            named["population.file"] = self.population.file
        for index, district in enumerate(self.districts.from_cells):
            named[f"districts.from_cells.{index}.file"] = district.file
        return {key: self.file(path) for key, path in named.items() if path is not None}

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that a day belongs to."""
        return next((span for span in self.holidays if span.starts_on <= day <= span.ends_on), None)

    def is_working_day(self, day: date) -> bool:
        """Return whether a day is worked: weekdays but no holidays, and days that make up for them.

        A year whose holidays are not listed has plain weekdays.
        """
        if self.holiday(day):
            return False
        return day.weekday() < SATURDAY or any(day in span.make_up_on for span in self.holidays)


def city_folder(code: str, elsewhere: Path | None = None) -> Path:
    """Return a city's folder: an absolute path, one `elsewhere`, or one of our own.

    `elsewhere` may be the folder of the city itself or the folder that holds it.

    Raises:
        CityError: there is none.
    """
    candidates = [CITIES / code]  # an absolute `code` replaces CITIES
    if elsewhere:
        own = [elsewhere] if elsewhere.name == code else []
        candidates = [elsewhere / code, *own, *candidates]
    for folder in candidates:
        if (folder / CITY_FILE).is_file():
            return folder.resolve()
    looked = ", ".join(str(folder / CITY_FILE) for folder in candidates)
    raise CityError(f"no configuration of city {code!r}: looked for {looked}")


def load_city(code: str, elsewhere: Path | None = None) -> City:
    """Return the city of this code, or of this absolute folder; each folder is read once.

    `elsewhere` is a folder outside the program that is looked into first.

    Raises:
        CityError: there is no such city or its configuration is wrong; names the file and key.
    """
    return _load_folder(city_folder(code, elsewhere))


@cache
def _load_folder(folder: Path) -> City:
    path = folder / CITY_FILE
    city = read_declared(path, City, error=CityError)
    city._folder = folder
    if city.code != folder.name:
        raise CityError(f"{path}: code: is {city.code!r} but the folder is {folder.name!r}")
    for key, file in city.files().items():
        if not file.is_file():
            raise CityError(f"{path}: {key}: no file {file}")
    read_channels(folder)  # a wrong file is said at once, not by the first page that needs it
    read_facility_kinds(folder)
    return city
