"""The files and columns that GTFS Schedule defines, beside those that are read."""

from collections.abc import Mapping

from etl.gtfs.fields import FILES

_UNREAD_FILES = (
    "areas.txt",
    "attributions.txt",
    "booking_rules.txt",
    "fare_attributes.txt",
    "fare_leg_join_rules.txt",
    "fare_leg_rules.txt",
    "fare_media.txt",
    "fare_products.txt",
    "fare_rules.txt",
    "fare_transfer_rules.txt",
    "levels.txt",
    "location_group_stops.txt",
    "location_groups.txt",
    "locations.geojson",
    "networks.txt",
    "pathways.txt",
    "rider_categories.txt",
    "route_networks.txt",
    "stop_areas.txt",
    "timeframes.txt",
    "transfers.txt",
    "translations.txt",
)
KNOWN_FILES = frozenset(FILES) | frozenset(_UNREAD_FILES)

# Columns that are defined but not read: no finding.
_UNREAD: Mapping[str, str] = {
    "agency.txt": "agency_url agency_lang agency_phone agency_fare_url agency_email cemv_support",
    "feed_info.txt": "feed_publisher_url feed_lang default_lang feed_contact_email "
    "feed_contact_url",
    "stops.txt": "stop_code tts_stop_name stop_desc zone_id stop_url stop_timezone "
    "wheelchair_boarding level_id platform_code stop_access",
    "routes.txt": "route_desc route_url route_color route_text_color route_sort_order "
    "continuous_pickup continuous_drop_off network_id cemv_support",
    "trips.txt": "trip_short_name block_id wheelchair_accessible bikes_allowed cars_allowed "
    "safe_duration_factor safe_duration_offset",
    "stop_times.txt": "stop_headsign continuous_pickup continuous_drop_off pickup_booking_rule_id "
    "drop_off_booking_rule_id",
    "shapes.txt": "shape_dist_traveled",
}

# Columns that the standard requires and this program does not need.
REQUIRED_UNREAD: Mapping[str, tuple[str, ...]] = {
    "agency.txt": ("agency_name", "agency_url"),
    "feed_info.txt": ("feed_publisher_name", "feed_publisher_url", "feed_lang"),
}


def known_columns(file: str) -> frozenset[str]:
    """Return the columns the standard defines for a file that is read."""
    return frozenset(field.name for field in FILES[file].fields) | frozenset(
        _UNREAD.get(file, "").split()
    )
