"""What a source is: one YAML file per source, read into a typed model that refuses unknown keys."""

import codecs
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from etl.gtfs.window import Expansion
from etl.targets import TARGETS, TargetName
from geodata.errors import DeclarationError

FileFormat = Literal["gtfs", "csv", "json", "xml", "geojson", "gpkg", "shapefile", "parquet"]
Datum = Literal["wgs84", "gcj02", "bd09"]


def _as_text(value: object) -> object:
    """Return what YAML read as a number, date or truth value as the text a file would hold."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return {_as_text(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return value if value is None or isinstance(value, str) else str(value)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Names = Annotated[list[str], BeforeValidator(_as_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldMapping(_Strict):
    """Where the value of one target column comes from and how its text is read.

    `source` names a column, or several of which the first one filled counts. Besides the file's
    own columns there are `@file` (its name), `@row`, and with `unpivot` `@variable` and `@value`.
    """

    source: Names = Field(default_factory=list)
    const: Text | None = None
    template: str | None = Field(default=None, description="'{column}-{other column}'")
    type: Literal["text", "int", "float", "bool", "time", "date"] | None = None
    format: Names = Field(
        default_factory=list,
        description="of times and dates: iso, epoch_s, epoch_ms, year, quarter, month, day, "
        "or strptime codes; several are tried in turn",
    )
    end: bool = Field(default=False, description="the end, exclusive, of the period just read")
    zone: str | None = None
    codes: Annotated[dict[str, str | None], BeforeValidator(_as_text)] | None = None
    unlisted: Literal["reject", "keep", "blank"] = "reject"
    pattern: str | None = Field(default=None, description="its first group is the value")
    scale: float = 1.0
    null_values: Annotated[list[str], BeforeValidator(_as_text)] = Field(default_factory=list)
    invalid: Literal["reject", "blank"] = "reject"
    optional: bool = Field(default=False, description="the column may be missing from the file")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else check_zone(value)

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
        return self


def _as_mapping(value: object) -> object:
    return {"source": [value]} if isinstance(value, str) else value


class GroupBy(_Strict):
    """Several rows of the file that are one record: unit rows of a call, sectors of a mast."""

    key: str = Field(description="target column whose equal values belong together")
    first_by: Names = Field(
        default_factory=list,
        description="the row with the smallest of these target columns speaks for the group",
    )
    earliest: Names = Field(default_factory=list, description="smallest value over the group")
    latest: Names = Field(default_factory=list, description="largest value over the group")
    count: str | None = Field(default=None, description="target that receives the number of rows")

    @property
    def targets(self) -> list[str]:
        """Every target column it names."""
        counted = [self.count] if self.count else []
        return [self.key, *self.first_by, *self.earliest, *self.latest, *counted]


class Coverage(_Strict):
    """Where and when the source is complete, so that no row there means none happened."""

    area: Literal["city"] | list[Text] = "city"
    period: Literal["days", "months", "declared"] = "days"
    starts_on: date | None = Field(default=None, alias="from")
    ends_on: date | None = Field(default=None, alias="to", description="exclusive")
    component: Text | None = None

    @model_validator(mode="after")
    def _dates(self) -> Self:
        given = self.starts_on is not None and self.ends_on is not None
        if (self.period == "declared") != given:
            raise ValueError("from and to belong to period: declared, both of them")
        if self.starts_on and self.ends_on and self.starts_on >= self.ends_on:
            raise ValueError("to is exclusive and must lie after from")
        return self


class SourceDeclaration(_Strict):
    """One source of the city: where its file lies, what it says, whose it is."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title_zh: str
    title_en: str
    owner: str
    licence: str
    cadence: str = Field(pattern=r"^(P(\d+[YMWD])*(T(\d+[HMS])+)?|none)$")
    provenance: Literal["real", "simulated"]

    path: str | None = Field(default=None, description="file or glob")
    url: str | None = Field(default=None, pattern=r"^https?://")
    format: FileFormat
    encoding: str = "auto"
    delimiter: str = Field(default=",", description="one character, or 'auto'")
    header: list[str] | None = Field(default=None, description="names, if the file has none")
    layer: str | None = None
    record: str | None = Field(default=None, description="element (XML) or dotted path (JSON)")
    allow_empty: bool = False

    datum: Datum = "wgs84"
    crs: int | None = Field(default=None, description="EPSG code of metric coordinates")
    timezone: str | None = None
    area: tuple[float, float, float, float] | None = Field(
        default=None, description="west, south, east, north of where its places must lie"
    )
    place: Literal["optional", "checked", "required"] | None = None

    table: TargetName
    mapping: dict[str, Annotated[FieldMapping, BeforeValidator(_as_mapping)]] = Field(
        default_factory=dict
    )
    unpivot: dict[str, Text] = Field(
        default_factory=dict, description="column -> variable: one record per column"
    )
    group_by: GroupBy | None = None
    allocate: bool = Field(default=False, description="spread polygons over cells by area")
    mode: Literal["append", "snapshot"] = "append"
    scope: Names = Field(
        default_factory=list,
        description="snapshot of these target columns' values only, such as one quarter",
    )
    coverage: Coverage | None = None
    expand: Expansion | None = Field(default=None, description="gtfs: days made into departures")

    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """The YAML file it was read from."""
        return self._file

    @property
    def place_rule(self) -> Literal["optional", "checked", "required"]:
        """What happens to a row without a usable place; an incident without one still counts."""
        return self.place or ("optional" if self.table == "incident" else "checked")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else check_zone(value)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        if value != "auto":
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError(f"unknown encoding '{value}'") from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if value != "auto" and len(value) != 1:
            raise ValueError("one character, or auto")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path or url")
        if (self.format == "gtfs") != (self.table == "gtfs"):
            raise ValueError("format gtfs and table gtfs go together")
        if self.table != "gtfs":
            TARGETS[self.table].check_mapping(self.mapping.keys())
        if self.scope and self.mode != "snapshot":
            raise ValueError("scope belongs to mode: snapshot")
        if self.table != "gtfs":
            named = self.group_by.targets if self.group_by else []
            TARGETS[self.table].check_mapping([*self.scope, *named], partial=True)
        return self


def check_zone(name: str) -> str:
    """Return the name if it is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone '{name}'") from None
    return name


def read_declaration(path: Path) -> SourceDeclaration:
    """Read one declaration.

    Raises:
        DeclarationError: the file is missing, is not YAML or does not fit; names file and key.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise DeclarationError(f"{path}: must hold keys and values")
    try:
        declaration = SourceDeclaration.model_validate(content)
    except ValidationError as error:
        raise DeclarationError(f"{path}: {_faults(error)}") from error
    declaration._file = path
    return declaration


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'as a whole'}: "
        f"{item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    )


def read_declarations(folder: Path) -> list[SourceDeclaration]:
    """Read every declaration of a folder, by key; two with one key are refused.

    Raises:
        DeclarationError: one of them does not fit, or a key is used twice.
    """
    declarations: dict[str, SourceDeclaration] = {}
    for path in sorted(folder.glob("*.yaml")):
        declaration = read_declaration(path)
        if declaration.key in declarations:
            other = declarations[declaration.key].file
            raise DeclarationError(f"{path}: key: '{declaration.key}' is already used by {other}")
        declarations[declaration.key] = declaration
    return [declarations[key] for key in sorted(declarations)]
