"""GTFS schedules as loaded, and the departures expanded from them."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from geodata.tables.columns import (
    district_id,
    metadata,
    place,
    provenance,
    record_indexes,
    time_column,
)

gtfs_feed = Table(
    "gtfs_feed",
    metadata,
    Column("feed_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("timezone", Text, nullable=False),
    Column("publisher", Text),
    Column("version", Text),
    Column("starts_on", Date, nullable=False),  # first and last service day, both inclusive
    Column("ends_on", Date, nullable=False),
    Column("max_time_s", Integer, nullable=False),
    # the days it speaks for, half-open: since ever and for good where null
    Column("speaks_from", Date),
    Column("speaks_until", Date),
)

kept_feed = Table(
    "kept_feed",
    metadata,
    Column("source", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("load_id", BigInteger, ForeignKey("load.load_id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("starts_on", Date, nullable=False),  # its first day of service
    Column("is_upcoming", Boolean, nullable=False),  # or in force
    Column("content", LargeBinary, nullable=False),  # the zip
)

gtfs_stop = Table(
    "gtfs_stop",
    metadata,
    Column("stop_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("stop_id", Text, nullable=False),
    Column("stop_name", Text),
    Column("location_type", Integer, nullable=False, server_default="0"),
    Column("parent_station", Text),
    Column("is_boardable", Boolean, nullable=False, server_default="false"),
    Column("is_rail", Boolean, nullable=False, server_default="false"),
    *place(),
)
record_indexes(gtfs_stop, "stop_id")

gtfs_route = Table(
    "gtfs_route",
    metadata,
    Column("route_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("route_id", Text, nullable=False),
    Column("agency_id", Text),
    Column("route_short_name", Text),
    Column("route_long_name", Text),
    Column("route_type", Integer, nullable=False),
)
record_indexes(gtfs_route, "route_id", spatial=False)

gtfs_trip = Table(
    "gtfs_trip",
    metadata,
    Column("trip_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("trip_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("direction_id", Integer),
    Column("shape_id", Text),
    Column("trip_headsign", Text),
)
record_indexes(gtfs_trip, "trip_id", spatial=False)

gtfs_stop_time = Table(
    "gtfs_stop_time",
    metadata,
    Column("stop_time_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("trip_id", Text, nullable=False),
    Column("stop_sequence", Integer, nullable=False),
    Column("stop_id", Text, nullable=False),
    Column("arrival_s", Integer),  # seconds after noon minus 12 h; may exceed 24 h
    Column("departure_s", Integer),
    Column("pickup_type", Integer, nullable=False, server_default="0"),
    Column("drop_off_type", Integer, nullable=False, server_default="0"),
    Column("timepoint", Integer),
    Column("shape_dist_traveled", Float),
    Column("is_estimated", Boolean, nullable=False, server_default="false"),
)
record_indexes(gtfs_stop_time, "trip_id", "stop_sequence", spatial=False)

gtfs_service_day = Table(
    "gtfs_service_day",
    metadata,
    Column("service_day_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("service_id", Text, nullable=False),
    Column("service_on", Date, nullable=False),
)
record_indexes(gtfs_service_day, "service_id", "service_on", spatial=False)

gtfs_frequency = Table(
    "gtfs_frequency",
    metadata,
    Column("frequency_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("trip_id", Text, nullable=False),
    Column("start_s", Integer, nullable=False),
    Column("end_s", Integer, nullable=False),
    Column("headway_s", Integer, nullable=False),
    Column("exact_times", Boolean, nullable=False, server_default="false"),
)
record_indexes(gtfs_frequency, "trip_id", "start_s", spatial=False)

gtfs_shape = Table(
    "gtfs_shape",
    metadata,
    Column("shape_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("shape_id", Text, nullable=False),
    Column("geom", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
)
record_indexes(gtfs_shape, "shape_id")

departure = Table(
    "departure",
    metadata,
    Column("departure_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("service_on", Date, nullable=False),
    Column("run_id", BigInteger, nullable=False),  # one vehicle's run: trip or frequency start, day
    Column("trip_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("direction_id", Integer, nullable=False),
    Column("stop_id", Text, nullable=False),
    Column("stop_sequence", Integer, nullable=False),
    time_column("departs_at", nullable=False),
    Column("is_boardable", Boolean, nullable=False),
    Column("is_estimated", Boolean, nullable=False),
    Column("cell", BigInteger),
    district_id(checked=False),
)
Index("ix_departure_load", departure.c.load_id)
Index("ix_departure_departs", departure.c.departs_at)
Index("ix_departure_source", departure.c.source, departure.c.departs_at)
