"""The tables of schema `ops`; one module a theme, all of them on one `metadata`."""

from geodata.tables.alerts import alert, alert_change, alert_watch
from geodata.tables.broadband import premise, radio_prediction
from geodata.tables.columns import (
    NO_DISTRICT,
    NOT_OF_CITY,
    OUTSIDE_DISTRICT,
    SCHEMA,
    UNKNOWN_DISTRICT,
    UNPLACED_DISTRICT,
    metadata,
)
from geodata.tables.disclosure import withheld_pattern
from geodata.tables.findings import finding
from geodata.tables.health import ed_visit, health_record
from geodata.tables.ledger import district, load, rejected_row, source_coverage
from geodata.tables.live import (
    event_candidate,
    live_position,
    live_source,
    vehicle_position,
)
from geodata.tables.observed import dispatch_trip, stop_event
from geodata.tables.published import (
    published_cell,
    published_district,
    published_gap,
    published_layer,
    published_value,
)
from geodata.tables.records import (
    facility,
    incident,
    network_sample,
    population,
    shared_event,
    speed_tile,
    statistic,
)
from geodata.tables.retired import RETIRED_INDEXES
from geodata.tables.roads import road_edge, road_node
from geodata.tables.states import (
    build_failure,
    counted_load,
    layer_breaks,
    state,
    state_build,
    state_build_past,
    state_change,
    state_past,
)
from geodata.tables.telemetry import telemetry_metadata, vehicle_ping
from geodata.tables.traffic import link_time, reader_link
from geodata.tables.transit import (
    departure,
    gtfs_feed,
    gtfs_frequency,
    gtfs_route,
    gtfs_service_day,
    gtfs_shape,
    gtfs_stop,
    gtfs_stop_time,
    gtfs_trip,
    kept_feed,
)

__all__ = [
    "NOT_OF_CITY",
    "NO_DISTRICT",
    "OUTSIDE_DISTRICT",
    "RETIRED_INDEXES",
    "SCHEMA",
    "UNKNOWN_DISTRICT",
    "UNPLACED_DISTRICT",
    "alert",
    "alert_change",
    "alert_watch",
    "build_failure",
    "counted_load",
    "departure",
    "dispatch_trip",
    "district",
    "ed_visit",
    "event_candidate",
    "facility",
    "finding",
    "gtfs_feed",
    "gtfs_frequency",
    "gtfs_route",
    "gtfs_service_day",
    "gtfs_shape",
    "gtfs_stop",
    "gtfs_stop_time",
    "gtfs_trip",
    "health_record",
    "incident",
    "kept_feed",
    "layer_breaks",
    "link_time",
    "live_position",
    "live_source",
    "load",
    "metadata",
    "network_sample",
    "population",
    "premise",
    "published_cell",
    "published_district",
    "published_gap",
    "published_layer",
    "published_value",
    "radio_prediction",
    "reader_link",
    "rejected_row",
    "road_edge",
    "road_node",
    "shared_event",
    "source_coverage",
    "speed_tile",
    "state",
    "state_build",
    "state_build_past",
    "state_change",
    "state_past",
    "statistic",
    "stop_event",
    "telemetry_metadata",
    "vehicle_ping",
    "vehicle_position",
    "withheld_pattern",
]
