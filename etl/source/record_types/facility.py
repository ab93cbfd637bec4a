"""Facilities: what stands somewhere and is counted or reached."""

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables

RECORD_TYPES.register(
    RecordType(
        name="facility",
        says="facilities of any kind, as points or areas",
        table=tables.facility,
        key=("kind", "facility_id"),
        required=("kind", "facility_id"),
        event_time="last_seen_at",
        ranges={
            "beds": (0, 1e5), "doctors": (0, 1e5), "students": (0, 1e6),
            "down_mbps": (0, 1e5), "contracted_mbps": (0, 1e5),
        },
        declared_by_city={"kind": lambda city: [each.key for each in city.facility_kinds]},
        decoded={"cell_identity": "int"},
        placing="areas",
        wider_if_mapped=frozenset({"cell_identity", "node_id"}),  # base stations serve who is near
        wider_if_const={"kind": frozenset({"base_station"})},
        whole_days=frozenset({"last_seen_at"}),
        defaults={"is_active": True},
    )
)  # fmt: skip
