"""The declaration of a source: one YAML file, read into a typed model that refuses unknown keys."""

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from etl.limits import Limits
from etl.source.formats import FORMATS, Format
from etl.source.live import LiveRules
from etl.source.mapping import (
    CodedPlaces,
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
from etl.source.record_types import PLACE_CODE, RECORD_TYPES, RecordType
from etl.source.record_types.record_type import Extent, PlaceRule
from geodata.city.configuration import City
from geodata.city.parts import check_encoding
from geodata.declared import Declared, faults_of, read_yaml
from geodata.errors import DeclarationError

Datum = Literal["wgs84", "gcj02", "bd09"]
LEGACY_ENCODINGS = ("gb18030",)  # where no city says others


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
    access: Literal["public", "internal"] = Field(
        default="internal",
        description="public: anybody may see its records; internal: a real source is for those "
        "who are signed in, and the program is no demonstration with it",
    )

    path: str | None = Field(
        default=None,
        description="file or glob below `<data_dir>/incoming/<city>/`, else beside the declaration",
    )
    url: str | None = Field(
        default=None, pattern=r"^https?://", description="where it is fetched from, instead of path"
    )
    format: str = Field(description="one of the formats above")
    encoding: str = Field(
        default="auto",
        description="`auto` is UTF-8, else one of legacy_encodings that reads as language, which "
        "the load then says; or a name such as gbk",
    )
    legacy_encodings: Names | None = Field(
        default=None, description="what `auto` tries after UTF-8; else the city's"
    )
    delimiter: str = Field(default=",", description="one character, or 'auto'")
    header: list[str] | None = Field(default=None, description="names, if the file has none")
    header_row: int = Field(
        default=1, ge=1, description="line or row with the names; what stands above is passed over"
    )
    skip_footer: int = Field(
        default=0, ge=0, description="so many filled lines or rows at the end are no records"
    )
    decimal: str = Field(default=".", description="decimal sign of its numbers")
    thousands: str = Field(
        default="",
        description="what parts its numbers into thousands; a space is any space",
    )
    sheet: str | int | None = Field(
        default=None, description="of a workbook: name, or number from 1; else the only filled one"
    )
    layer: str | None = Field(
        default=None, description="of a GeoPackage, or a zip of shapefiles, that has several"
    )
    record: str | None = Field(default=None, description="element (XML) or dotted path (JSON)")
    allow_empty: bool = Field(default=False, description="a file without rows is no fault")

    datum: Datum = Field(default="wgs84", description="what its longitudes and latitudes refer to")
    crs: int | None = Field(default=None, description="EPSG code of metric coordinates")
    timezone: str | None = Field(
        default=None, description="of clocks without an offset; else the city's"
    )
    first_day: date | None = Field(
        default=None,
        description="an event before it is a fault; else the record type's, mostly 2000-01-01",
    )
    area: tuple[float, float, float, float] | None = Field(
        default=None,
        description="west, south, east, north of where its places must lie; else the city's bounds "
        "if its extent is the city",
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

    places: CodedPlaces | None = Field(
        default=None, description="a table of where the codes mapped to `place_code` lie"
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
    may_shrink: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="the share of what is known that a new file may take away; else it is held",
    )
    limits: Limits = Field(
        default_factory=Limits,
        description="how much of a file is read, where the usual is too little",
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
    _accepted: bool = PrivateAttr(default=False)

    @property
    def file(self) -> Path | None:
        """The YAML file it was read from."""
        return self._file

    @property
    def is_followed(self) -> bool:
        """Whether it has a live rule that is looked at again and again; an intake is not."""
        return any(not rule.intake for rule in self.live)

    @property
    def is_for_all(self) -> bool:
        """Whether anybody may see its records, one by one: invented ones, or public ones."""
        return self.provenance == "simulated" or self.access == "public"

    @property
    def is_accepted(self) -> bool:
        """Whether somebody has accepted that its file takes away more than it may."""
        return self._accepted

    def as_accepted(self) -> "SourceDeclaration":
        """Return the declaration for a file that is loaded whatever it takes away."""
        accepted = self.model_copy()
        accepted._accepted = True
        return accepted

    @property
    def is_only_live(self) -> bool:
        """Return whether it never comes as a file that a command loads."""
        return bool(self.live) and self.path is None and self.url is None

    @property
    def legacy(self) -> tuple[str, ...]:
        """What `encoding: auto` tries after UTF-8."""
        return LEGACY_ENCODINGS if self.legacy_encodings is None else tuple(self.legacy_encodings)

    def read_in(self, city: City) -> Self:
        """Return it with what it leaves to its city said."""
        if self.legacy_encodings is not None:
            return self
        return self.model_copy(update={"legacy_encodings": list(city.encodings_before_utf8)})

    @property
    def columns_needed(self) -> list[tuple[str, list[str]]]:
        """The columns that its files must have: each key of it with the names that will do."""
        mapped = [
            (f"mapping.{target}", names)
            for target, field in self.mapping.items()
            for names in ([field.source] if field.source else [[each] for each in field.columns])
            if not field.optional
        ]
        return [*mapped, *((f"unpivot.{name}", [name]) for name in self.unpivot)]

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
        if self.extent:
            return self.extent
        consts = self.record_type.wider_if_const.items()
        is_wider = not self.record_type.wider_if_mapped.isdisjoint(self.mapping) or any(
            self.mapping[name].const in values for name, values in consts if name in self.mapping
        )
        return "wider" if is_wider else self.record_type.extent

    @property
    def earliest(self) -> date:
        """The first day on which an event of it can have happened."""
        return self.first_day or self.record_type.first_day

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
        return value if value == "auto" else check_encoding(value)

    @field_validator("legacy_encodings")
    @classmethod
    def _known_encodings(cls, value: list[str] | None) -> list[str] | None:
        return None if value is None else [check_encoding(name) for name in value]

    @field_validator("decimal")
    @classmethod
    def _decimal_sign(cls, value: str) -> str:
        if value not in (".", ",", "٫"):
            raise ValueError("a point or a comma")
        return value

    @field_validator("thousands")
    @classmethod
    def _thousands_sign(cls, value: str) -> str:
        if len(value) > 1 or value.isalnum() or value in ("-", "+"):
            raise ValueError("one character that is no letter, digit or sign, or nothing")
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
        self._check_coded()
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
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
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

    def _check_coded(self) -> None:
        """Refuse codes of places without their table, and a table that places nothing."""
        if (self.places is None) != (PLACE_CODE not in self.mapping):
            raise ValueError(f"places and a mapping of {PLACE_CODE} belong together")
        if self.places is None:
            return
        if not self.record_type.is_placed and not self.places.district:
            raise ValueError(f"{self.table} has no points: places must give the district")
        if self.places.cell and (self.crs is not None or self.datum != "wgs84"):
            raise ValueError("places by cell are in WGS-84: leave out crs and datum")

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
