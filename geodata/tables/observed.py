"""Observations of the timetable's service: stop events, dispatched trips, vehicles."""

from datetime import timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)

from geodata.tables.columns import metadata, place, provenance, record_indexes, time_column

EARLY = timedelta(hours=1)  # a departure earlier than this is one of another run
LATE = timedelta(hours=2)  # and so is a later one

stop_event = Table(
    "stop_event",
    metadata,
    Column("stop_event_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("service_on", Date, nullable=False),
    Column("trip_id", Text, nullable=False),
    Column("start_s", Integer, nullable=False, server_default="0"),  # of a frequency-based run
    Column("stop_sequence", Integer, nullable=False),
    Column("stop_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("direction_id", Integer, nullable=False, server_default="0"),
    Column("vehicle_id", Text),
    time_column("scheduled_at", nullable=False),
    time_column("observed_at"),  # null: not observed
    Column("is_timepoint", Boolean, nullable=False, server_default="true"),
    Column("is_schedule_based", Boolean, nullable=False, server_default="true"),
    Column("is_cancelled", Boolean, nullable=False, server_default="false"),
    Column("reported_by", Text),  # positions | trip_updates; null: a file, or concluded
    *place(checked=False),
)
record_indexes(stop_event, "service_on", "trip_id", "start_s", "stop_sequence", spatial=False)
Index("ix_stop_event_scheduled", stop_event.c.scheduled_at)

dispatch_trip = Table(
    "dispatch_trip",
    metadata,
    Column("dispatch_trip_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("service_on", Date, nullable=False),
    Column("dispatch_id", Text, nullable=False),
    Column("trip_id", Text),
    Column("route_id", Text, nullable=False),
    Column("vehicle_id", Text),
    time_column("planned_at", nullable=False),
    time_column("departed_at"),  # null: did not run
    Column("scheduled_km", Float),
    Column("run_km", Float),
    *place(checked=False),  # of the first stop
)
record_indexes(dispatch_trip, "service_on", "dispatch_id", spatial=False)
Index("ix_dispatch_trip_planned", dispatch_trip.c.planned_at)
