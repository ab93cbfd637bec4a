"""Public transport: the timetable, what was observed of it, where vehicles were."""

from etl.source.record_types.record_type import RecordType
from etl.source.record_types.registered import RECORD_TYPES
from geodata import tables
from geodata.tables.observed import EARLY, LATE

RECORD_TYPES.register(
    RecordType(
        name="gtfs",
        says="a timetable: stops, routes, trips, shapes and the departures they make",
        table=tables.gtfs_feed,
        key=(),
        is_mapped=False,
        extent="wider",
    )
)

RECORD_TYPES.register(
    RecordType(
        name="stop_event",
        says="departures from stops, observed, cancelled or missed",
        table=tables.stop_event,
        key=("service_on", "trip_id", "start_s", "stop_sequence"),
        required=("service_on", "trip_id", "stop_sequence", "stop_id", "route_id", "scheduled_at"),
        event_time="scheduled_at",
        near={"observed_at": ("scheduled_at", EARLY, LATE)},
        defaults={
            "is_cancelled": False, "start_s": 0, "direction_id": 0, "is_timepoint": True,
            "is_schedule_based": True,
        },
        extent="wider",
    )
)  # fmt: skip

RECORD_TYPES.register(
    RecordType(
        name="dispatch_trip",
        says="trips as the control room planned and ran them",
        table=tables.dispatch_trip,
        key=("service_on", "dispatch_id"),
        required=("service_on", "dispatch_id", "route_id", "planned_at"),
        event_time="planned_at",
        near={"departed_at": ("planned_at", EARLY, LATE)},
        ranges={"scheduled_km": (0, 1e4), "run_km": (0, 1e4)},
        extent="wider",
    )
)

RECORD_TYPES.register(
    RecordType(
        name="vehicle_ping",
        says="reports of where vehicles were; in day partitions (`store: telemetry`)",
        table=tables.vehicle_ping,
        key=("vehicle_id", "observed_at"),
        required=("vehicle_id", "observed_at"),
        event_time="observed_at",
        ranges={"speed_m_s": (0, 70), "bearing": (0, 360)},
        placing="reports",
        defaults={"is_shifted": False, "start_s": 0, "direction_id": 0},
        extent="wider",
    )
)
