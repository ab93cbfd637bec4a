"""Links between two number-plate readers, and the travel times on them.

Single reads and their tokens are in no table: they are paired, counted and destroyed.
"""

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Column, Float, Identity, Index, Integer, Table, Text

from geodata.tables.columns import (
    district_id,
    metadata,
    place,
    provenance,
    record_indexes,
    time_column,
)

reader_link = Table(
    "reader_link",
    metadata,
    Column("reader_link_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(),
    Column("link_id", Text, nullable=False),
    Column("from_reader", Text, nullable=False),
    Column("to_reader", Text, nullable=False),
    Column("name", Text),
    Column("road_class", Text),
    Column("length_m", Float, nullable=False),
    Column("path", Geometry("LINESTRING", srid=4326, spatial_index=False)),
    *place(),  # of a point on it: its middle
)
record_indexes(reader_link, "link_id")

link_time = Table(
    "link_time",
    metadata,
    Column("link_time_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("link_id", Text, nullable=False),
    time_column("starts_at", nullable=False),  # of the quarter hour in which they set out
    Column("day_part", Text, nullable=False),  # morning | evening | between | night
    Column("n", Integer, nullable=False),  # vehicles, never fewer than five
    Column("length_m", Float, nullable=False),
    Column("time_s", Float, nullable=False),  # mean travel time
    Column("free_flow_s", Float),  # of that day's night; null: too few drove then
    Column("time_total_s", Float, nullable=False),  # n t
    Column("delay_total_s", Float),  # n (t - t_f), not below 0
    Column("free_flow_total_s", Float),  # n t_f
    Column("cell", BigInteger),
    district_id(checked=False),
)
record_indexes(link_time, "link_id", "starts_at", spatial=False)
Index("ix_link_time_starts", link_time.c.starts_at)
