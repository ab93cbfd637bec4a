"""The declaration of a source: one YAML file, read into a typed model that refuses unknown keys."""

import codecs
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from etl.gtfs.window import Expansion
from etl.source.live import LiveRules
from etl.source.mapping import (
    Coverage,
    GroupBy,
    Mapping,
    Names,
    Pairing,
    Text,
    Weights,
    check_zone,
)
from etl.source.record_types import RECORD_TYPES, WHOLE_FORMATS, RecordTypeName
from geodata.declared import Declared, faults_of, read_yaml
from geodata.errors import DeclarationError

FileFormat = Literal[
    "gtfs",
    "osm",
    "csv",
    "json",
    "ndjson",
    "xml",
    "geojson",
    "gpkg",
    "shapefile",
    "parquet",
    "raster",
    "jt808",
    "gtfs_rt",
]
Datum = Literal["wgs84", "gcj02", "bd09"]


class SourceDeclaration(Declared):
    """One source of the city: owner, provenance, file, format, mapping, coverage."""

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

    table: RecordTypeName
    mapping: dict[str, Mapping] = Field(default_factory=dict)
    unpivot: dict[str, Text] = Field(
        default_factory=dict, description="column -> variable: one record per column"
    )
    group_by: GroupBy | None = None
    gnb_id_bits: int | None = Field(
        default=None, ge=22, le=32, description="length of a gNB's number in an NR cell identity"
    )
    allocate: bool = Field(default=False, description="spread polygons over cells by area")
    weights: Weights | None = Field(
        default=None, description="population: spread units over cells by weight"
    )
    mode: Literal["append", "snapshot"] = "append"
    scope: Names = Field(
        default_factory=list,
        description="snapshot of these target columns' values only, such as one quarter",
    )
    store: Literal["database", "telemetry"] = Field(
        default="database", description="telemetry: day partitions instead of a table"
    )
    pairing: Pairing | None = Field(default=None, description="plate reads made into link_time")
    coverage: Coverage | None = None
    live: LiveRules = Field(default_factory=list, description="how it arrives while it happens")
    expand: Expansion | None = Field(default=None, description="gtfs: days made into departures")

    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """The YAML file it was read from."""
        return self._file

    @property
    def is_only_live(self) -> bool:
        """Return whether it never comes as a file that a command loads."""
        return bool(self.live) and self.path is None and self.url is None

    @property
    def place_rule(self) -> Literal["optional", "checked", "required"]:
        """How a row without a usable place is treated; an incident without one still counts."""
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
        if (self.path is None) == (self.url is None) and not self.is_only_live:
            raise ValueError("give either path or url")
        for whole_format, table in WHOLE_FORMATS.items():
            if (self.format == whole_format) != (self.table == table):
                raise ValueError(f"format {whole_format} and table {table} go together")
        if self.weights and (self.table != "population" or self.allocate):
            raise ValueError("weights belong to table: population, without allocate")
        if self.scope and self.mode != "snapshot":
            raise ValueError("scope belongs to mode: snapshot")
        if self.format not in WHOLE_FORMATS:
            partial = self.pairing is not None
            RECORD_TYPES[self.table].check_mapping(self.mapping.keys(), partial=partial)
            named = self.group_by.targets if self.group_by else []
            RECORD_TYPES[self.table].check_mapping([*self.scope, *named], partial=True)
        return self

    @model_validator(mode="after")
    def _is_kept_somewhere(self) -> Self:
        in_days = self.store == "telemetry"
        if self.table == "vehicle_ping" and not in_days:
            raise ValueError("vehicle_ping has no table: give store: telemetry")
        if in_days and (self.mode == "snapshot" or not RECORD_TYPES[self.table].event_time):
            raise ValueError("store: telemetry is for records with a time that are added to")
        if self.pairing and (self.table != "link_time" or self.format != "csv"):
            raise ValueError("pairing makes a csv of plate reads into table: link_time")
        return self


def read_declaration(path: Path) -> SourceDeclaration:
    """Read one declaration.

    Raises:
        DeclarationError: the file is missing, is not YAML or does not fit; names file and key.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise DeclarationError(f"{path}: must hold keys and values")
    try:
        declaration = SourceDeclaration.model_validate(content)
    except ValidationError as error:
        raise DeclarationError(f"{path}: {faults_of(error)}") from error
    declaration._file = path
    return declaration


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
