"""Which rows of each table the database's reader sees: decided here, once, for every table.

The reader is the role behind the screens. Records about persons and homes are seen by district;
what is counted, planned or published is the city's and seen whole. A table that is not listed is
the writer's alone.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Rows(StrEnum):
    """The rows that the reader sees, on behalf of the caller of the request being answered."""

    ALL = "all"
    BY_DISTRICT = "by district"  # those of the caller's districts
    WHOLE_CITY = "whole city"  # all, to a caller who may read every district; none to any other
    OF_CALLS = "of calls"  # those both of whose calls the caller may read
    NONE = "none"  # the writer's alone


_ALL = (
    "alert", "alert_change", "alert_watch", "build_failure", "counted_load", "departure",
    "dispatch_trip", "district", "facility", "finding", "gtfs_feed", "gtfs_frequency",
    "gtfs_route", "gtfs_service_day", "gtfs_shape", "gtfs_stop", "gtfs_stop_time", "gtfs_trip",
    "kept_feed", "layer_breaks", "link_time", "live_position", "live_source", "load", "population",
    "published_cell", "published_district", "published_gap", "published_layer", "published_value",
    "radio_prediction", "reader_link", "road_edge", "road_node", "shared_event", "source_coverage",
    "speed_tile", "state", "state_build", "state_build_past", "state_change", "state_past",
    "statistic", "stop_event", "vehicle_position", "withheld_pattern",
)  # fmt: skip

READER_ROWS: Mapping[str, Rows] = MappingProxyType(
    {
        **dict.fromkeys(_ALL, Rows.ALL),
        "incident": Rows.BY_DISTRICT,  # a call, with its address
        "ed_visit": Rows.BY_DISTRICT,  # a patient's stay
        "health_record": Rows.BY_DISTRICT,  # a person, by hash
        "network_sample": Rows.BY_DISTRICT,  # where somebody tested a connection
        "premise": Rows.BY_DISTRICT,  # a home
        "rejected_row": Rows.WHOLE_CITY,  # as it was sent: nobody knows of which district
        "event_candidate": Rows.OF_CALLS,
        "audit_entry": Rows.NONE,
        "device_token": Rows.NONE,
        "sign_in_attempt": Rows.NONE,
        "user_account": Rows.NONE,
        "user_session": Rows.NONE,
    }
)

# The record of what people did: the writer adds to it, and can neither change nor remove a row.
APPEND_ONLY = ("alert_change", "audit_entry")
# What the reader computes and keeps by the way: the breaks of a legend, once for each build.
READER_ADDS = ("layer_breaks",)


def reader_rows(table: str) -> Rows:
    """Return which rows of a table the reader sees."""
    return READER_ROWS.get(table, Rows.NONE)
