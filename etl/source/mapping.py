"""The parts of a declaration: where a column's value comes from, grouping and coverage."""

import codecs
import re
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from pydantic import BeforeValidator, Field, field_validator, model_validator

from geodata.declared import Declared


def check_zone(name: str) -> str:
    """Return the name if it is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone '{name}'") from None
    return name


TIME_FORMATS = (
    "iso", "epoch_s", "epoch_ms", "epoch_us", "excel", "year", "quarter", "month", "day",
)  # fmt: skip


def _try_format(format_: str) -> None:
    """Read a text with strptime codes, because a wrong one is found out only by its first use."""
    try:
        pl.Series(["1"]).str.to_datetime(format_, time_unit="us", strict=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"'{format_}' reads no time: {reason}") from None


def _as_text(value: object) -> object:
    """Return what YAML parsed as a number, date or boolean as the text that a file would hold."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return {_as_text(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return value if value is None or isinstance(value, str) else str(value)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


# Values that YAML may parse as numbers, and names given singly or as a list.
Text = Annotated[str, BeforeValidator(_as_text)]
Names = Annotated[list[str], BeforeValidator(_as_list)]


class FieldMapping(Declared):
    """The source of one target column's value, and how its text is read.

    `source` names a column, or several of which the first one filled counts. Besides the file's own
    columns there are `@file` (its name), `@row`, and with `unpivot` `@variable` and `@value`.
    """

    source: Names = Field(
        default_factory=list,
        description="a column, or several of which the first filled one counts",
    )
    const: Text | None = Field(default=None, description="the same value in every row")
    template: str | None = Field(default=None, description="'{column}-{other column}'")
    type: Literal["text", "int", "float", "bool", "time", "date"] | None = Field(
        default=None, description="of attributes; all other columns have their own"
    )
    format: Names = Field(
        default_factory=list,
        description="of times and dates: iso, epoch_s, epoch_ms, epoch_us, excel (serial days, or "
        "iso), year, quarter, month, day, or strptime codes; several are tried in turn",
    )
    end: bool = Field(default=False, description="the end, exclusive, of the period just read")
    zone: str | None = Field(default=None, description="of this clock, where it is another")
    codes: Annotated[dict[str, str | None], BeforeValidator(_as_text)] | None = Field(
        default=None, description="text in the file -> value"
    )
    unlisted: Literal["reject", "keep", "blank"] = Field(
        default="reject", description="what becomes of text that codes does not list"
    )
    default: Text | None = Field(
        default=None, description="value of text that codes does not list; what is blank stays so"
    )
    pattern: str | None = Field(default=None, description="its first group is the value")
    scale: float = Field(default=1.0, description="a number is multiplied by it")
    null_values: Annotated[list[str], BeforeValidator(_as_text)] = Field(
        default_factory=list, description="text that stands for no value"
    )
    invalid: Literal["reject", "blank"] = Field(
        default="reject", description="what becomes of a value that cannot be read"
    )
    optional: bool = Field(default=False, description="the column may be missing from the file")

    @property
    def columns(self) -> list[str]:
        """The columns that it may read."""
        return self.source or re.findall(r"\{([^}]*)\}", self.template or "")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else check_zone(value)

    @field_validator("format")
    @classmethod
    def _readable_formats(cls, value: list[str]) -> list[str]:
        for each in value:
            if "%" not in each and each not in TIME_FORMATS:
                raise ValueError(f"unknown format '{each}'; known: {', '.join(TIME_FORMATS)}")
            if "%" in each:
                _try_format(each)
        return value

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                groups = re.compile(value).groups
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
            if groups < 1:
                raise ValueError("needs a group in brackets that holds the value")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [bool(self.source), self.const is not None, self.template is not None]
        if sum(origins) != 1:
            raise ValueError("give exactly one of source, const and template")
        if self.default is not None and (self.codes is None or self.unlisted != "reject"):
            raise ValueError("default belongs to codes, without unlisted")
        return self


def _as_mapping(value: object) -> object:
    return {"source": [value]} if isinstance(value, str) else value


# A mapping may be just the name of a column.
Mapping = Annotated[FieldMapping, BeforeValidator(_as_mapping)]


class GroupBy(Declared):
    """Several rows of a file that form one record: unit rows of a call, sectors of a mast."""

    key: str = Field(description="target column whose equal values belong together")
    first_by: Names = Field(
        default_factory=list,
        description="the row with the smallest of these target columns stands for the group",
    )
    earliest: Names = Field(default_factory=list, description="smallest value over the group")
    latest: Names = Field(default_factory=list, description="largest value over the group")
    count: str | None = Field(default=None, description="target that receives the number of rows")

    @property
    def targets(self) -> list[str]:
        """Return every target column that it names."""
        counted = [self.count] if self.count else []
        return [self.key, *self.first_by, *self.earliest, *self.latest, *counted]


class Weights(Declared):
    """A file of how the people of a published unit are spread: one row for each unit and cell."""

    path: str = Field(description="CSV in the incoming folder, else beside the declaration")
    unit: str = Field(description="column with the unit's id")
    cell: str = Field(description="column with an H3 cell of any resolution")
    weight: str = Field(description="column with, for example, residential floor area")


class CodedPlaces(Declared):
    """A table of where the places lie that rows name by a code (`place_code`).

    Its coordinates are read as those of the source; cells are H3 cells of any resolution.
    """

    path: str = Field(description="CSV in the incoming folder, else beside the declaration")
    encoding: str = Field(default="utf-8-sig", description="of the table, such as gbk")
    code: str = Field(description="column with the code")
    lon: str | None = Field(default=None, description="column with the longitude or easting")
    lat: str | None = Field(default=None, description="column with the latitude or northing")
    cell: str | None = Field(default=None, description="column with an H3 cell, instead of a point")
    district: str | None = Field(default=None, description="column with a district's id or name")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            raise ValueError(f"unknown encoding '{value}'") from None
        return value

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.lon is None) != (self.lat is None) or (self.lon and self.cell):
            raise ValueError("give lon and lat, or cell")
        if not (self.lon or self.cell or self.district):
            raise ValueError("give lon and lat, cell or district")
        return self

    @property
    def targets(self) -> dict[str, str | None]:
        """Return the columns of a record that it can fill, and whence."""
        return {
            "lon": self.lon, "lat": self.lat, "cell": self.cell, "district_id": self.district,
        }  # fmt: skip


class Coverage(Declared):
    """Where and when the source is complete, so that no row there means none happened."""

    area: Literal["city"] | list[Text] = Field(
        default="city", description="the whole city, or these districts"
    )
    period: Literal["days", "months", "declared"] = Field(
        default="days", description="the days or months of its events, or from and to as declared"
    )
    starts_on: date | None = Field(default=None, alias="from", description="the first day")
    ends_on: date | None = Field(default=None, alias="to", description="exclusive")
    component: Text | None = Field(default=None, description="one part, such as one channel")

    @model_validator(mode="after")
    def _dates(self) -> Self:
        given = self.starts_on is not None and self.ends_on is not None
        if (self.period == "declared") != given:
            raise ValueError("from and to belong to period: declared, both of them")
        if self.starts_on and self.ends_on and self.starts_on >= self.ends_on:
            raise ValueError("to is exclusive and must lie after from")
        return self


class Pairing(Declared):
    """Number-plate reads: the columns of the reader, the day's token and the time of each.

    The reads become travel times between two readers; the tokens are stored nowhere, and the file
    is destroyed once its times are in the database.
    """

    reader_id: str = Field(description="column with the reader")
    token: str = Field(description="column with the vehicle's token of that day")
    read_at: Mapping = Field(description="the time of the read")


class Expansion(Declared):
    """How much of the timetable is expanded into single departures."""

    starts_on: date | None = Field(
        default=None,
        alias="from",
        description="first service day; without it the current week, else the feed's last one",
    )
    days: int = Field(default=7, ge=1, le=400, description="service days in a row")
    max_departures: int = Field(
        default=4_000_000, ge=1, description="fewer days are expanded where they would be more"
    )
    keep_days: int = Field(
        default=92, ge=0, description="days of departures kept behind the first one expanded"
    )
