"""The records of the departments: incidents, facilities, tests, tiles, residents, statistics."""

from geoalchemy2 import Geometry
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import text

from geodata.tables.columns import (
    district_id,
    metadata,
    place,
    provenance,
    record_indexes,
    time_column,
)

incident = Table(
    "incident",
    metadata,
    Column("incident_id", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("record_id", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("event_id", Text, nullable=False),
    # false: the source names no events; its own numbers may well be those of another source
    Column("is_event_named", Boolean, nullable=False, server_default="true"),
    Column("channel", Text, nullable=False),
    Column("category", Text),
    Column("priority", Text),
    Column("unit_id", Text),
    Column("address", Text),
    time_column("received_at", nullable=False),  # T0
    time_column("answered_at"),  # T1
    time_column("notified_at"),  # T2, the first unit
    time_column("unit_notified_at"),  # T2 of the unit whose T3 and T4 these are
    time_column("enroute_at"),  # T3
    time_column("arrived_at"),  # T4
    time_column("cleared_at"),  # T5
    time_column("closed_at"),  # T6
    Column("is_emergency", Boolean, nullable=False, server_default="true"),
    Column("is_cancelled", Boolean, nullable=False, server_default="false"),
    Column("is_mutual_aid", Boolean, nullable=False, server_default="false"),
    Column("is_test", Boolean, nullable=False, server_default="false"),
    Column("is_duplicate", Boolean, nullable=False, server_default="false"),
    Column("is_batch_keyed", Boolean, nullable=False, server_default="false"),
    *place(checked=False),
)
record_indexes(incident, "record_id", spatial=False)  # nothing searches by point
Index("ix_incident_received", incident.c.received_at, incident.c.channel)
Index("ix_incident_event", incident.c.event_id, postgresql_where=text("is_event_named"))

# The events of which several records tell or told: the few that have to be put together. A trigger
# of `incident` fills it; one too many does no harm.
shared_event = Table("shared_event", metadata, Column("event_id", Text, primary_key=True))

facility = Table(
    "facility",
    metadata,
    Column("facility_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("facility_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("name_en", Text),
    Column("operator", Text),
    Column("technology", Text),  # 4g | 5g for base stations
    Column("node_id", Text),  # logical base station (eNB, gNB)
    Column("site_id", Text),  # mast, campus or building shared by several rows
    Column("is_active", Boolean, nullable=False, server_default="true"),
    time_column("last_seen_at"),
    Column("beds", Float),
    Column("doctors", Float),
    Column("students", Integer),
    Column("down_mbps", Float),  # of a school's connection: measured
    Column("contracted_mbps", Float),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("footprint", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
    *place(),
)
record_indexes(facility, "kind", "facility_id")

network_sample = Table(
    "network_sample",
    metadata,
    Column("network_sample_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("sample_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # speed_test | radio
    Column("technology", Text, nullable=False),  # fixed | mobile for tests, 4g | 5g for radio
    Column("operator", Text),
    time_column("sampled_at", nullable=False),
    Column("down_kbps", Float),
    Column("up_kbps", Float),
    Column("latency_ms", Float),
    Column("rsrp_dbm", Float),
    *place(checked=False),
)
record_indexes(network_sample, "sample_id", spatial=False)
Index("ix_network_sample_sampled", network_sample.c.sampled_at)

speed_tile = Table(
    "speed_tile",
    metadata,
    Column("speed_tile_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("quadkey", Text, nullable=False),
    Column("technology", Text, nullable=False),  # fixed | mobile
    Column("quarter_on", Date, nullable=False),  # first day of the quarter
    Column("avg_d_kbps", Float),
    Column("avg_u_kbps", Float),
    Column("avg_lat_ms", Float),
    Column("avg_lat_down_ms", Float),
    Column("avg_lat_up_ms", Float),
    Column("tests", Integer, nullable=False),
    Column("devices", Integer),
    Column("geom", Geometry("POLYGON", srid=4326, spatial_index=False)),
)
record_indexes(speed_tile, "technology", "quarter_on", "quadkey")

population = Table(
    "population",
    metadata,
    Column("population_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("unit_id", Text, nullable=False),
    Column("vintage_on", Date, nullable=False),
    Column("residents", Float, nullable=False),
    Column("basis", Text),  # area: their unit's polygon; cells: hexagons; null: no ground is known
    Column("covered_km2", Float),  # the ground that the record speaks of
    *place(),
)
record_indexes(population, "unit_id", "vintage_on", "cell", "district_id")

statistic = Table(
    "statistic",
    metadata,
    Column("statistic_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("variable", Text, nullable=False),
    Column("entity_id", Text, nullable=False),  # district, hospital, department ...
    Column("item", Text, nullable=False, server_default=""),
    time_column("starts_at", nullable=False),
    time_column("ends_at", nullable=False),
    Column("value", Float, nullable=False),
    district_id(),
)
record_indexes(statistic, "variable", "entity_id", "item", "starts_at", spatial=False)
