"""The tables of schema `ops`: records, districts, loads, provenance and states.

Every record row names the load that brought it (`load_id`) and the load that superseded it
(`retired_by`, null while current), so that "what was known then" stays answerable.
All times are `timestamptz`, all geometry is EPSG:4326, `cell` is the H3 cell at resolution 10.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import text

SCHEMA = "ops"
UNKNOWN_DISTRICT = "unknown"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _time(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _provenance(*, checked: bool = True) -> list[Column[object]]:
    """Where a record comes from: its source, the load that brought it, the load that retired it.

    Tables of millions of rows go without foreign keys: checking them takes 15 times as long as
    inserting the rows, and the transaction that writes the records has written their load.
    """
    load_id = f"{SCHEMA}.load.load_id"
    return [
        Column("source", Text, nullable=False),
        Column("load_id", BigInteger, *_references(load_id, checked), nullable=False),
        Column("retired_by", BigInteger, *_references(load_id, checked)),
    ]


def _references(column: str, checked: bool) -> list[ForeignKey]:
    return [ForeignKey(column)] if checked else []


def _district_id(*, checked: bool = True) -> Column[object]:
    return Column(
        "district_id",
        Text,
        *_references(f"{SCHEMA}.district.district_id", checked),
        nullable=False,
        server_default=UNKNOWN_DISTRICT,
    )


def _place(*, checked: bool = True) -> list[Column[object]]:
    """Where a record lies: as given (`original_*`, in `datum`), WGS-84, cell and district."""
    return [
        Column("original_lon", Float),
        Column("original_lat", Float),
        Column("datum", Text),
        Column("geom", Geometry("POINT", srid=4326, spatial_index=False)),
        Column("cell", BigInteger),
        _district_id(checked=checked),
    ]


def _record_indexes(table: Table, *key: str, spatial: bool = True) -> None:
    """Unique among current rows of a source, found by load, and by place where it has one."""
    Index(
        f"uq_{table.name}_current",
        table.c.source,
        *(table.c[name] for name in key),
        unique=True,
        postgresql_where=text("retired_by IS NULL"),
    )
    Index(f"ix_{table.name}_load", table.c.load_id)
    if spatial:
        Index(f"ix_{table.name}_geom", table.c.geom, postgresql_using="gist")


district = Table(
    "district",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("area_km2", Float),
    Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
)
Index("ix_district_geom", district.c.geom, postgresql_using="gist")

load = Table(
    "load",
    metadata,
    Column("load_id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("status", Text, nullable=False),  # loaded | refused
    Column("provenance", Text, nullable=False),  # real | simulated
    Column("owner", Text, nullable=False),
    Column("licence", Text, nullable=False),
    _time("started_at", nullable=False),
    _time("finished_at", nullable=False),
    Column("rows_in", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    _time("event_from"),
    _time("event_to"),
    Column("stages", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("message", Text),
)
Index("ix_load_source", load.c.source, load.c.sha256)

rejected_row = Table(
    "rejected_row",
    metadata,
    Column("rejected_id", BigInteger, Identity(always=True), primary_key=True),
    Column("load_id", BigInteger, ForeignKey(f"{SCHEMA}.load.load_id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("row_number", Integer),
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("raw", JSONB),
)
Index("ix_rejected_row_load", rejected_row.c.load_id)

source_coverage = Table(
    "source_coverage",
    metadata,
    Column("coverage_id", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("table_name", Text, nullable=False),
    Column("component", Text),  # null: every component of the source
    Column("district_id", Text, ForeignKey(f"{SCHEMA}.district.district_id")),  # null: whole city
    _time("starts_at", nullable=False),
    _time("ends_at", nullable=False),
)
Index("ix_source_coverage_table", source_coverage.c.table_name, source_coverage.c.starts_at)

incident = Table(
    "incident",
    metadata,
    Column("incident_id", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("record_id", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("event_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("category", Text),
    Column("priority", Text),
    Column("unit_id", Text),
    Column("address", Text),
    _time("received_at", nullable=False),  # T0
    _time("answered_at"),  # T1
    _time("notified_at"),  # T2
    _time("enroute_at"),  # T3
    _time("arrived_at"),  # T4
    _time("cleared_at"),  # T5
    _time("closed_at"),  # T6
    Column("is_emergency", Boolean, nullable=False, server_default="true"),
    Column("is_cancelled", Boolean, nullable=False, server_default="false"),
    Column("is_mutual_aid", Boolean, nullable=False, server_default="false"),
    Column("is_test", Boolean, nullable=False, server_default="false"),
    Column("is_duplicate", Boolean, nullable=False, server_default="false"),
    Column("is_batch_keyed", Boolean, nullable=False, server_default="false"),
    *_place(),
)
_record_indexes(incident, "record_id")
Index("ix_incident_received", incident.c.received_at, incident.c.channel)

facility = Table(
    "facility",
    metadata,
    Column("facility_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("facility_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("name_en", Text),
    Column("operator", Text),
    Column("technology", Text),  # 4g | 5g for base stations
    Column("node_id", Text),  # logical base station (eNB, gNB)
    Column("site_id", Text),  # mast, campus or building shared by several rows
    Column("is_active", Boolean, nullable=False, server_default="true"),
    _time("last_seen_at"),
    Column("beds", Float),
    Column("doctors", Float),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("footprint", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
    *_place(),
)
_record_indexes(facility, "kind", "facility_id")

network_sample = Table(
    "network_sample",
    metadata,
    Column("network_sample_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(checked=False),
    Column("sample_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # speed_test | radio
    Column("technology", Text, nullable=False),  # fixed | mobile for tests, 4g | 5g for radio
    Column("operator", Text),
    _time("sampled_at", nullable=False),
    Column("down_kbps", Float),
    Column("up_kbps", Float),
    Column("latency_ms", Float),
    Column("rsrp_dbm", Float),
    *_place(checked=False),
)
_record_indexes(network_sample, "sample_id")
Index("ix_network_sample_sampled", network_sample.c.sampled_at)

speed_tile = Table(
    "speed_tile",
    metadata,
    Column("speed_tile_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
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
_record_indexes(speed_tile, "technology", "quarter_on", "quadkey")

population = Table(
    "population",
    metadata,
    Column("population_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("unit_id", Text, nullable=False),
    Column("vintage_on", Date, nullable=False),
    Column("residents", Float, nullable=False),
    *_place(),
)
_record_indexes(population, "unit_id", "cell", "district_id")

statistic = Table(
    "statistic",
    metadata,
    Column("statistic_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("variable", Text, nullable=False),
    Column("entity_id", Text, nullable=False),  # district, hospital, department ...
    Column("item", Text, nullable=False, server_default=""),
    _time("starts_at", nullable=False),
    _time("ends_at", nullable=False),
    Column("value", Float, nullable=False),
    _district_id(),
)
_record_indexes(statistic, "variable", "entity_id", "item", "starts_at", spatial=False)

gtfs_feed = Table(
    "gtfs_feed",
    metadata,
    Column("feed_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("timezone", Text, nullable=False),
    Column("publisher", Text),
    Column("version", Text),
    Column("starts_on", Date, nullable=False),  # first and last service day, both inclusive
    Column("ends_on", Date, nullable=False),
    Column("max_time_s", Integer, nullable=False),
)

gtfs_stop = Table(
    "gtfs_stop",
    metadata,
    Column("stop_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("stop_id", Text, nullable=False),
    Column("stop_name", Text),
    Column("location_type", Integer, nullable=False, server_default="0"),
    Column("parent_station", Text),
    Column("is_boardable", Boolean, nullable=False, server_default="false"),
    Column("is_rail", Boolean, nullable=False, server_default="false"),
    *_place(),
)
_record_indexes(gtfs_stop, "stop_id")

gtfs_route = Table(
    "gtfs_route",
    metadata,
    Column("route_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("route_id", Text, nullable=False),
    Column("agency_id", Text),
    Column("route_short_name", Text),
    Column("route_long_name", Text),
    Column("route_type", Integer, nullable=False),
)
_record_indexes(gtfs_route, "route_id", spatial=False)

gtfs_trip = Table(
    "gtfs_trip",
    metadata,
    Column("trip_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("trip_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("direction_id", Integer),
    Column("shape_id", Text),
    Column("trip_headsign", Text),
)
_record_indexes(gtfs_trip, "trip_id", spatial=False)

gtfs_stop_time = Table(
    "gtfs_stop_time",
    metadata,
    Column("stop_time_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(checked=False),
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
_record_indexes(gtfs_stop_time, "trip_id", "stop_sequence", spatial=False)

gtfs_service_day = Table(
    "gtfs_service_day",
    metadata,
    Column("service_day_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("service_id", Text, nullable=False),
    Column("service_on", Date, nullable=False),
)
_record_indexes(gtfs_service_day, "service_id", "service_on", spatial=False)

gtfs_frequency = Table(
    "gtfs_frequency",
    metadata,
    Column("frequency_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("trip_id", Text, nullable=False),
    Column("start_s", Integer, nullable=False),
    Column("end_s", Integer, nullable=False),
    Column("headway_s", Integer, nullable=False),
    Column("exact_times", Boolean, nullable=False, server_default="false"),
)
_record_indexes(gtfs_frequency, "trip_id", "start_s", spatial=False)

gtfs_shape = Table(
    "gtfs_shape",
    metadata,
    Column("shape_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(),
    Column("shape_id", Text, nullable=False),
    Column("geom", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
)
_record_indexes(gtfs_shape, "shape_id")

departure = Table(
    "departure",
    metadata,
    Column("departure_row", BigInteger, Identity(always=True), primary_key=True),
    *_provenance(checked=False),
    Column("service_on", Date, nullable=False),
    Column("run_id", BigInteger, nullable=False),  # one vehicle's run: trip or frequency start, day
    Column("trip_id", Text, nullable=False),
    Column("route_id", Text, nullable=False),
    Column("direction_id", Integer, nullable=False),
    Column("stop_id", Text, nullable=False),
    Column("stop_sequence", Integer, nullable=False),
    _time("departs_at", nullable=False),
    Column("is_boardable", Boolean, nullable=False),
    Column("is_estimated", Boolean, nullable=False),
    Column("cell", BigInteger),
    _district_id(checked=False),
)
Index("ix_departure_load", departure.c.load_id)
Index("ix_departure_departs", departure.c.departs_at)

state_build = Table(
    "state_build",
    metadata,
    Column("build_id", BigInteger, Identity(always=True), primary_key=True),
    Column("indicator", Text, nullable=False),
    _time("built_at", nullable=False),
    Column("load_ids", ARRAY(BigInteger), nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    _time("as_of"),  # latest event time among the records used
)
Index("ix_state_build_indicator", state_build.c.indicator, state_build.c.build_id)

state = Table(
    "state",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("starts_at", DateTime(timezone=True), primary_key=True),  # of the indicator's grain
    Column("cell", BigInteger, primary_key=True),  # 0: the record has no place
    Column("district_id", Text, primary_key=True),
    Column(
        "build_id",
        BigInteger,
        ForeignKey(f"{SCHEMA}.state_build.build_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("n", BigInteger, nullable=False),
    Column("n_missing", BigInteger, nullable=False),
    Column("num", Float),
    Column("den", Float),
    Column("sum_w", Float),
    Column("sum_wx", Float),
    Column("sum_x", Float),
    Column("sum_x2", Float),
    Column("vals", ARRAY(Float)),  # class Q: the raw values
    Column("ids", ARRAY(BigInteger)),  # class U: the distinct ids
    Column("hist", ARRAY(Integer)),  # class Q at high volume: counts per fixed bin
    Column("is_estimated", Boolean, nullable=False, server_default="false"),
)
Index("ix_state_cell", state.c.indicator, state.c.cell)
Index("ix_state_build", state.c.build_id)

layer_breaks = Table(
    "layer_breaks",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("res", Integer, primary_key=True),
    Column("build_id", BigInteger, primary_key=True),
    Column("breaks", ARRAY(Float), nullable=False),
)
