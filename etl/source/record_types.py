"""What each target table takes: its columns and their kinds, what must be filled, what is legal."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB

from geodata import tables

RecordTypeName = Literal[
    "incident",
    "facility",
    "network_sample",
    "speed_tile",
    "population",
    "statistic",
    "gtfs",
    "road",
    "stop_event",
    "dispatch_trip",
    "vehicle_ping",
    "reader_link",
    "link_time",
    "premise",
    "radio_prediction",
    "ed_visit",
    "health_record",
]
# Formats that say all by themselves and fill several tables: no mapping, one target of their own.
WHOLE_FORMATS = {"gtfs": "gtfs", "osm": "road"}
Kind = Literal["text", "int", "float", "bool", "time", "date", "json", "geometry"]

ATTRIBUTES = "attributes."
_PROVENANCE = {"source", "load_id", "retired_by"}
_DERIVED = {"original_lon", "original_lat", "datum", "geom", "footprint", "path"}
_POINT = {"lon", "lat"}
GEOMETRY_TEXT = "wkt"

OUTCOMES = frozenset({"discharged", "admitted", "transferred", "died"})


@dataclass(frozen=True)
class RecordType:
    """One target table as the loader sees it."""

    table: Table
    key: tuple[str, ...]
    required: tuple[str, ...]
    event_time: str | None = None
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    allowed: dict[str, frozenset[str]] = field(default_factory=dict)
    decoded: dict[str, Kind] = field(default_factory=dict)  # read, and kept as something else

    @property
    def columns(self) -> dict[str, Kind]:
        """The columns a load writes, without the serial number and the provenance."""
        return {
            column.name: _kind(column)
            for column in self.table.columns
            if column.name not in _PROVENANCE and not column.primary_key
        }

    @property
    def is_placed(self) -> bool:
        """Whether its rows are points with a cell and a district."""
        return "original_lon" in self.table.columns

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
        legal = set(self.columns) - _DERIVED - {"attributes"} | set(self.decoded)
        legal |= _POINT if self.is_placed else set()
        legal |= {GEOMETRY_TEXT} if "geom" in self.columns else set()
        extra = {
            name
            for name in given - legal
            if not (name.startswith(ATTRIBUTES) and "attributes" in self.columns)
        }
        if extra:
            raise ValueError(
                f"mapping: {self.table.name} has no column {', '.join(sorted(extra))}; "
                f"it has {', '.join(sorted(legal))}"
            )
        missing = set(self.required) - given
        if missing and not partial:
            raise ValueError(f"mapping: {self.table.name} needs {', '.join(sorted(missing))}")


def _kind(column: Column[object]) -> Kind:
    kinds: list[tuple[type, Kind]] = [
        (Boolean, "bool"), (BigInteger, "int"), (Integer, "int"), (Float, "float"),
        (DateTime, "time"), (Date, "date"), (JSONB, "json"),
    ]  # fmt: skip
    for sql_type, kind in kinds:
        if isinstance(column.type, sql_type):
            return kind
    return "geometry" if hasattr(column.type, "geometry_type") else "text"


_AVERAGES = ("avg_d_kbps", "avg_u_kbps", "avg_lat_ms", "avg_lat_down_ms", "avg_lat_up_ms")
_TILE_RANGES = dict.fromkeys(_AVERAGES, (0.0, 1e8)) | {"tests": (0.0, 1e9), "devices": (0.0, 1e9)}

RECORD_TYPES: dict[str, RecordType] = {
    "incident": RecordType(
        tables.incident, ("record_id",), ("record_id", "channel", "received_at"),
        "received_at",
    ),
    "facility": RecordType(
        tables.facility, ("kind", "facility_id"), ("kind", "facility_id"), "last_seen_at",
        {"beds": (0, 1e5), "doctors": (0, 1e5), "students": (0, 1e6),
         "down_mbps": (0, 1e5), "contracted_mbps": (0, 1e5)},
        decoded={"cell_identity": "int"},
    ),
    "network_sample": RecordType(
        tables.network_sample, ("sample_id",),
        ("sample_id", "kind", "technology", "sampled_at"), "sampled_at",
        {"down_kbps": (0, 1e8), "up_kbps": (0, 1e8), "latency_ms": (0, 1e6),
         "rsrp_dbm": (-157, 0)},
        {"kind": frozenset({"speed_test", "radio"}),
         "technology": frozenset({"fixed", "mobile", "4g", "5g"})},
        {"report_index": "int"},
    ),
    "premise": RecordType(
        tables.premise, ("premise_id", "operator"), ("premise_id", "operator", "service_level"),
        ranges={"service_level": (1, 3)},
    ),
    "radio_prediction": RecordType(
        tables.radio_prediction, ("operator", "pixel_id"), ("operator", "pixel_id"),
        "predicted_on",
        dict.fromkeys(("rsrp_4g_dbm", "rsrp_5g_dbm"), (-200.0, 0.0)) | {"sinr_5g_db": (-50, 60)},
    ),
    "speed_tile": RecordType(
        tables.speed_tile, ("technology", "quarter_on", "quadkey"),
        ("quadkey", "technology", "quarter_on", "tests"), "quarter_on", _TILE_RANGES,
        {"technology": frozenset({"fixed", "mobile"})},
    ),
    "population": RecordType(
        tables.population, ("unit_id", "cell", "district_id"),
        ("unit_id", "vintage_on", "residents"), "vintage_on", {"residents": (0, 1e9)},
    ),
    "stop_event": RecordType(
        tables.stop_event, ("service_on", "trip_id", "start_s", "stop_sequence"),
        ("service_on", "trip_id", "stop_sequence", "stop_id", "route_id", "scheduled_at"),
        "scheduled_at",
    ),
    "dispatch_trip": RecordType(
        tables.dispatch_trip, ("service_on", "dispatch_id"),
        ("service_on", "dispatch_id", "route_id", "planned_at"), "planned_at",
        {"scheduled_km": (0, 1e4), "run_km": (0, 1e4)},
    ),
    "ed_visit": RecordType(
        tables.ed_visit, ("hospital_id", "visit_id"),
        ("hospital_id", "visit_id", "room_in_at", "outcome"), "room_in_at",
        {"triage_level": (1, 4)}, {"outcome": OUTCOMES},
    ),
    "health_record": RecordType(
        tables.health_record, ("person_hash", "institution_id", "year_on"),
        ("person_hash", "institution_id", "year_on"), "year_on", {"entries": (0, 10_000)},
    ),
    "statistic": RecordType(
        tables.statistic, ("variable", "entity_id", "item", "starts_at"),
        ("variable", "entity_id", "starts_at", "ends_at", "value"), "starts_at",
    ),
    "vehicle_ping": RecordType(
        tables.vehicle_ping, ("vehicle_id", "observed_at"), ("vehicle_id", "observed_at"),
        "observed_at", {"speed_m_s": (0, 70), "bearing": (0, 360)},
    ),
    "reader_link": RecordType(
        tables.reader_link, ("link_id",), ("link_id", "from_reader", "to_reader", "length_m"),
        ranges={"length_m": (1, 1e5)},
    ),
    "link_time": RecordType(
        tables.link_time, ("link_id", "starts_at"),
        ("link_id", "starts_at", "day_part", "n", "length_m", "time_s", "time_total_s"),
        "starts_at", {"n": (5, 1e6), "time_s": (0, 3600)},
        {"day_part": frozenset({"morning", "evening", "between", "night"})},
    ),
}  # fmt: skip

# What a column holds when the source does not say.
DEFAULTS: dict[str, str | int | bool] = {
    "revision": 0,
    "is_emergency": True,
    "is_cancelled": False,
    "is_mutual_aid": False,
    "is_test": False,
    "is_duplicate": False,
    "is_batch_keyed": False,
    "is_active": True,
    "is_shifted": False,
    "item": "",
    "start_s": 0,
    "direction_id": 0,
    "is_timepoint": True,
    "is_schedule_based": True,
}

if set(RECORD_TYPES) | set(WHOLE_FORMATS.values()) != set(get_args(RecordTypeName)):
    raise AssertionError("every target table needs its entry")
