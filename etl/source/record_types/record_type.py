"""What one type of record is: its columns and their kinds, what must be filled, what is legal."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB

from geodata.city.configuration import City
from geodata.tables import metadata

CityValues = Callable[[City], Collection[str]]
Kind = Literal["text", "int", "float", "bool", "time", "date", "json", "geometry"]
PlaceRule = Literal["optional", "checked", "required"]
Extent = Literal["city", "wider"]
# How rows get their cell and district: not at all; as points; as areas or lines that are kept too;
# from the quadkey of a tile; as reports of which each may say that it is shifted; as residents,
# who may also come by hexagon or be spread over the cells of their unit.
Placing = Literal["none", "points", "areas", "lines", "tiles", "reports", "residents"]

ATTRIBUTES = "attributes."
GEOMETRY_TEXT = "wkt"
_PROVENANCE = {"source", "load_id", "retired_by"}
_DERIVED = {"original_lon", "original_lat", "datum", "geom", "footprint", "path", "is_event_named"}
_POINT = {"lon", "lat"}


@dataclass(frozen=True, kw_only=True)
class RecordType:
    """One type of record, said once: no other module asks for a type by its name."""

    name: str
    says: str
    table: Table
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    event_time: str | None = None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # column -> the values that the city declares for it
    declared_by_city: Mapping[str, CityValues] = field(default_factory=dict)
    decoded: Mapping[str, Kind] = field(default_factory=dict)  # read, and kept as something else
    placing: Placing = "points"
    place_rule: PlaceRule = "checked"  # unless the declaration says otherwise
    extent: Extent = "city"  # what its sources speak of, unless the declaration says otherwise
    defaults: Mapping[str, str | int | bool] = field(default_factory=dict)  # where it says nothing
    copied: Mapping[str, str] = field(default_factory=dict)  # column -> whose value it else has
    told: Mapping[str, str] = field(default_factory=dict)  # of those: the flag that it was given
    of_one_row: tuple[str, ...] = ()  # belong together: no merged row may give one of them
    clocks: tuple[str, ...] = ()  # in their order; equal ones were keyed in together
    left_out: tuple[str, ...] = ()  # flags: a record that carries one does not count
    is_mapped: bool = True  # else its format alone fills it, and several tables

    @property
    def columns(self) -> dict[str, Kind]:
        """The columns a load writes, without the serial number and the provenance."""
        return columns_of(self.table)

    @property
    def is_placed(self) -> bool:
        """Whether its rows are points with a cell and a district."""
        return "original_lon" in self.table.columns

    @property
    def has_table(self) -> bool:
        """Whether the database keeps its records; else there are day partitions only."""
        return self.table.metadata is metadata

    @property
    def has_events(self) -> bool:
        """Whether its records tell of events, of which several may tell of one."""
        return "event_id" in self.columns

    @property
    def mappable(self) -> dict[str, Kind]:
        """The columns that a mapping may name, besides `attributes.*`."""
        names = set(self.columns) - _DERIVED - {"attributes"} | set(self.decoded)
        names |= _POINT if self.is_placed else set()
        names |= {GEOMETRY_TEXT} if "geom" in self.columns else set()
        return {name: self.kind(name) for name in sorted(names)}

    def kind(self, name: str) -> Kind:
        """Return how the text of a mapped column is read."""
        if name.startswith(ATTRIBUTES):
            return "text"
        if name in _POINT:
            return "float"
        if name in self.decoded:
            return self.decoded[name]
        return "text" if name in ("cell", GEOMETRY_TEXT) else self.columns[name]

    def check_mapping(self, names: Iterable[str], *, partial: bool = False) -> None:
        """Refuse targets the table does not have, and a mapping that leaves a key out."""
        given = set(names)
        legal = self.mappable
        extra = {
            name
            for name in given - legal.keys()
            if not (name.startswith(ATTRIBUTES) and "attributes" in self.columns)
        }
        if extra:
            raise ValueError(
                f"mapping: {self.name} has no column {', '.join(sorted(extra))}; "
                f"it has {', '.join(legal)}"
            )
        missing = set(self.required) - given
        if missing and not partial:
            raise ValueError(f"mapping: {self.name} needs {', '.join(sorted(missing))}")

    def check_merged(self, names: Iterable[str]) -> None:
        """Refuse to take from any row of a group what only the row that stands for it may give."""
        taken = sorted(set(names) & set(self.of_one_row))
        if taken:
            raise ValueError(
                f"group_by: {', '.join(taken)} belongs to the row that stands for the group; "
                "choose that row with first_by"
            )


def columns_of(table: Table) -> dict[str, Kind]:
    """Return the columns of a table that a load writes, and their kinds."""
    return {
        column.name: _kind(column)
        for column in table.columns
        if column.name not in _PROVENANCE and not column.primary_key
    }


def _kind(column: Column[object]) -> Kind:
    kinds: list[tuple[type, Kind]] = [
        (Boolean, "bool"), (BigInteger, "int"), (Integer, "int"), (Float, "float"),
        (DateTime, "time"), (Date, "date"), (JSONB, "json"),
    ]  # fmt: skip
    for sql_type, kind in kinds:
        if isinstance(column.type, sql_type):
            return kind
    return "geometry" if hasattr(column.type, "geometry_type") else "text"
