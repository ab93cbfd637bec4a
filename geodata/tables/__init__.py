"""The tables of schema `ops`; one module a theme, all of them on one `metadata`."""

from geodata.tables.columns import SCHEMA, UNKNOWN_DISTRICT, metadata
from geodata.tables.ledger import district, load, rejected_row, source_coverage
from geodata.tables.live import (
    event_candidate,
    live_position,
    live_source,
    vehicle_position,
)
from geodata.tables.observed import dispatch_trip, stop_event
from geodata.tables.records import (
    facility,
    incident,
    network_sample,
    population,
    speed_tile,
    statistic,
)
from geodata.tables.states import layer_breaks, state, state_build
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
)

__all__ = [
    "SCHEMA",
    "UNKNOWN_DISTRICT",
    "departure",
    "dispatch_trip",
    "district",
    "event_candidate",
    "facility",
    "gtfs_feed",
    "gtfs_frequency",
    "gtfs_route",
    "gtfs_service_day",
    "gtfs_shape",
    "gtfs_stop",
    "gtfs_stop_time",
    "gtfs_trip",
    "incident",
    "layer_breaks",
    "live_position",
    "live_source",
    "load",
    "metadata",
    "network_sample",
    "population",
    "rejected_row",
    "source_coverage",
    "speed_tile",
    "state",
    "state_build",
    "statistic",
    "stop_event",
    "vehicle_position",
]
