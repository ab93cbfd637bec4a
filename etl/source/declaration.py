"""The declaration of a source: one YAML file, read into a typed model that refuses unknown keys."""

import codecs
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from etl.source.formats import FORMATS, Format
from etl.source.live import LiveRules
from etl.source.mapping import (
    Coverage,
    Expansion,
    GroupBy,
    Mapping,
    Names,
    Pairing,
    Text,
    Weights,
    check_zone,
)
from etl.source.record_types import RECORD_TYPES, RecordType
from etl.source.record_types.record_type import Extent, PlaceRule
from geodata.declared import Declared, faults_of, read_yaml
from geodata.errors import DeclarationError

Datum = Literal["wgs84", "gcj02", "bd09"]


class SourceDeclaration(Declared):
    """One source of the city: owner, provenance, file, format, mapping, coverage."""

    key: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="its name; the records' `source`, used once"
    )
    title_zh: str = Field(description="what screens call it, in Chinese")
    title_en: str = Field(description="what screens call it, in English")
    short_zh: str = Field(default="", description="on screens, where the title is too long")
    short_en: str = Field(default="", description="the same in English")
    owner: str = Field(description="who answers for the data")
    licence: str = Field(description="under which it may be used")
    cadence: str = Field(
        pattern=r"^(P(\d+[YMWD])*(T(\d+[HMS])+)?|none)$",
        description="ISO 8601 duration from one delivery to the next, stale after three; "
        "`none` comes once",
    )
    provenance: Literal["real", "simulated"] = Field(description="shown on every screen")

    path: str | None = Field(
        default=None,
        description="file or glob below `<data_dir>/incoming/<city>/`, else beside the declaration",
    )
    url: str | None = Field(
        default=None, pattern=r"^https?://", description="where it is fetched from, instead of path"
    )
    format: str = Field(description="one of the formats above")
    encoding: str = Field(
        default="auto", description="`auto` tries UTF-8 and then GB18030; or a name such as gbk"
    )
    delimiter: str = Field(default=",", description="one character, or 'auto'")
    header: list[str] | None = Field(default=None, description="names, if the file has none")
    layer: str | None = Field(default=None, description="of a GeoPackage that has several")
    record: str | None = Field(default=None, description="element (XML) or dotted path (JSON)")
    allow_empty: bool = Field(default=False, description="a file without rows is no fault")

    datum: Datum = Field(default="wgs84", description="what its longitudes and latitudes refer to")
    crs: int | None = Field(default=None, description="EPSG code of metric coordinates")
    timezone: str | None = Field(
        default=None, description="of clocks without an offset; else the city's"
    )
    area: tuple[float, float, float, float] | None = Field(
        default=None, description="west, south, east, north of where its places must lie"
    )
    extent: Extent | None = Field(
        default=None,
        description="city: it speaks of this city alone, a row whose place is not known counts in "
        "it; wider: of a larger area, such a row counts nowhere; else as the record type says",
    )
    place: PlaceRule | None = Field(
        default=None,
        description="a row without coordinates: kept (optional, checked) or rejected (required); "
        "with unusable ones: kept (optional) or rejected; else as the record type says",
    )

    table: str = Field(description="one of the record types above")
    mapping: dict[str, Mapping] = Field(
        default_factory=dict, description="column of the record type -> where its value comes from"
    )
    unpivot: dict[str, Text] = Field(
        default_factory=dict, description="column -> variable: one record per column"
    )
    group_by: GroupBy | None = Field(default=None, description="several rows are one record")
    gnb_id_bits: int | None = Field(
        default=None, ge=22, le=32, description="length of a gNB's number in an NR cell identity"
    )
    allocate: bool = Field(default=False, description="spread polygons over cells by area")
    weights: Weights | None = Field(
        default=None, description="population: spread units over cells by weight"
    )
    mode: Literal["append", "snapshot"] = Field(
        default="append", description="snapshot: the file is the whole truth; append: it adds"
    )
    scope: Names = Field(
        default_factory=list,
        description="snapshot of these target columns' values only, such as one quarter",
    )
    store: Literal["database", "telemetry"] = Field(
        default="database", description="telemetry: day partitions instead of a table"
    )
    pairing: Pairing | None = Field(default=None, description="plate reads become link_time")
    coverage: Coverage | None = Field(
        default=None, description="where and when no row means that nothing happened"
    )
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
    def record_type(self) -> RecordType:
        """What its rows become."""
        return RECORD_TYPES[self.table]

    @property
    def reading(self) -> Format:
        """How its files are read: by their format, unless a block asks for another way."""
        asked = (each for each in FORMATS.values() if each.block and getattr(self, each.block))
        return next(asked, FORMATS[self.format])

    @property
    def place_rule(self) -> PlaceRule:
        """How a row without a usable place is treated; an incident without one still counts."""
        return self.place or self.record_type.place_rule

    @property
    def covered_extent(self) -> Extent:
        """What it speaks of: this city alone, or a wider area."""
        return self.extent or self.record_type.extent

    @property
    def given_in(self) -> str:
        """What its coordinates refer to, as records keep it beside them."""
        if self.crs is None:
            return self.datum
        return f"epsg:{self.crs}" if self.datum == "wgs84" else f"epsg:{self.crs} of {self.datum}"

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        declared = [name for name, each in FORMATS.items() if each.block is None]
        if value not in declared:
            raise ValueError(f"unknown format '{value}'; known: {', '.join(declared)}")
        return value

    @field_validator("table")
    @classmethod
    def _known_table(cls, value: str) -> str:
        return RECORD_TYPES.find(value).name

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
        self._check_reading()
        self._check_spreading()
        if self.scope and self.mode != "snapshot":
            raise ValueError("scope belongs to mode: snapshot")
        if self.record_type.is_mapped:
            is_whole = self.reading.table is not None
            self.record_type.check_mapping(self.mapping.keys(), partial=is_whole)
            named = self.group_by.targets if self.group_by else []
            self.record_type.check_mapping([*self.scope, *named], partial=True)
            if self.group_by:
                self.record_type.check_merged([*self.group_by.earliest, *self.group_by.latest])
        return self

    def _check_reading(self) -> None:
        """Refuse a format that fills one table with another, and a table without its format."""
        reading = self.reading
        if reading.block and (self.table != reading.table or self.format != reading.of):
            raise ValueError(
                f"{reading.block} belongs to format: {reading.of} and table: {reading.table}"
            )
        for each in FORMATS.values():
            alone = each.block is None and each.table is not None
            if alone and (reading is each) != (self.table == each.table):
                raise ValueError(f"format {each.name} and table {each.table} go together")

    def _check_spreading(self) -> None:
        """Refuse what spreads people over cells where there are none, or both ways at once."""
        spread = [name for name, each in RECORD_TYPES.items() if each.placing == "residents"]
        if self.weights and (self.table not in spread or self.allocate):
            raise ValueError(f"weights belong to table: {' or '.join(spread)}, without allocate")
        if self.allocate and self.table not in spread:
            raise ValueError(f"allocate belongs to table: {' or '.join(spread)}")

    @model_validator(mode="after")
    def _is_kept_somewhere(self) -> Self:
        in_days = self.store == "telemetry"
        if not self.record_type.has_table and not in_days:
            raise ValueError(f"{self.table} has no table: give store: telemetry")
        if in_days and (self.mode == "snapshot" or not self.record_type.event_time):
            raise ValueError("store: telemetry is for records with a time that are added to")
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
