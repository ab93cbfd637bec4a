"""Live data: the progress of each live file, vehicles, candidates of one event."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.sql.expression import text

from geodata.tables.columns import metadata, place, time_column

live_source = Table(
    "live_source",
    metadata,
    Column("source", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # records | positions | trip_updates
    Column("expected_s", Float, nullable=False),  # how often a message is expected
    Column("followed_since", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    time_column("polled_at"),
    time_column("last_event_at"),  # null: nothing yet; by the source's own clock
    time_column("heard_at"),  # when that came, by ours
    Column("message", Text),  # why the last poll failed; null: it did not
)

# Written in the transaction that loads the records: either both are there or neither.
live_position = Table(
    "live_position",
    metadata,
    Column("source", Text, primary_key=True),
    Column("file", Text, primary_key=True),  # its name; empty: the folder's newest file read
    # of realtime messages: the newest header's seconds since 1970, and how many were read
    Column("offset_bytes", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),  # before the offset
    Column("mark", Text, nullable=False),  # checksum of the file's first bytes, or a file's name
    time_column("read_at", nullable=False),
)

vehicle_position = Table(
    "vehicle_position",
    metadata,
    Column("source", Text, primary_key=True),
    Column("vehicle_id", Text, primary_key=True),
    Column("load_id", BigInteger, nullable=False),
    time_column("recorded_at", nullable=False),
    Column("label", Text),
    Column("trip_id", Text),
    Column("service_on", Date),
    Column("start_s", Integer),
    Column("route_id", Text),
    Column("direction_id", Integer),
    Column("bearing_deg", Float),
    Column("speed_kmh", Float),
    Column("progress_m", Float),  # along the trip's shape; null: off it, or no known trip
    Column("off_shape_m", Float),
    Column("stop_sequence", Integer),  # the last stop passed
    Column("deviation_s", Float),  # behind the timetable; negative: ahead of it
    Column("headway_s", Float),  # to the vehicle before on the route, at the last stop passed
    Column("scheduled_headway_s", Float),
    *place(checked=False),
)
Index("ix_vehicle_position_recorded", vehicle_position.c.recorded_at)

event_candidate = Table(
    "event_candidate",
    metadata,
    Column("candidate_id", BigInteger, Identity(always=True), primary_key=True),
    Column("first_source", Text, nullable=False),
    Column("first_record_id", Text, nullable=False),
    Column("second_source", Text, nullable=False),  # the later call of the two
    Column("second_record_id", Text, nullable=False),
    Column("distance_m", Float, nullable=False),
    Column("gap_s", Float, nullable=False),
    Column("state", Text, nullable=False, server_default="open"),  # open | confirmed | rejected
    time_column("found_at", nullable=False),
    time_column("decided_at"),
    Column("decided_by", Text),
    Column("load_id", BigInteger),  # of the revision that joined the two
)
Index(
    "uq_event_candidate_pair",
    event_candidate.c.first_source,
    event_candidate.c.first_record_id,
    event_candidate.c.second_source,
    event_candidate.c.second_record_id,
    unique=True,
)
Index(
    "ix_event_candidate_second", event_candidate.c.second_source, event_candidate.c.second_record_id
)
Index("ix_event_candidate_state", event_candidate.c.state, event_candidate.c.found_at)
