"""Kinds of records kept only in day partitions: too many for a table."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, MetaData, Table, Text

from geodata.tables.columns import place, provenance, time_column

TELEMETRY_SCHEMA = "telemetry"
telemetry_metadata = MetaData(schema=TELEMETRY_SCHEMA)  # described like a table, never created

vehicle_ping = Table(
    "vehicle_ping",
    telemetry_metadata,
    Column("vehicle_ping_row", BigInteger, primary_key=True),
    *provenance(checked=False),
    Column("vehicle_id", Text, nullable=False),
    time_column("observed_at", nullable=False),
    Column("trip_id", Text),
    Column("route_id", Text),
    Column("direction_id", Integer),
    Column("start_on", Date),  # service day of the run
    Column("start_s", Integer),
    Column("current_stop_sequence", Integer),
    Column("stop_id", Text),
    Column("current_status", Text),
    Column("speed_m_s", Float),
    Column("bearing", Float),
    Column("altitude_m", Float),
    Column("odometer_m", Float),
    Column("alarm_bits", BigInteger),
    Column("status_bits", BigInteger),
    Column("is_shifted", Boolean, nullable=False, server_default="false"),  # given in GCJ-02
    *place(checked=False),
)
