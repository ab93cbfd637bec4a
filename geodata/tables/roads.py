"""The road graph: crossings, and the stretches of road between them."""

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Column, Float, Identity, Integer, Table, Text

from geodata.tables.columns import metadata, provenance, record_indexes

road_node = Table(
    "road_node",
    metadata,
    Column("road_node_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("node_id", BigInteger, nullable=False),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
)
record_indexes(road_node, "node_id")

# One row is one stretch, whichever ways it may be used: on foot always both ways, by car along
# the line, against it, both or neither. `drive_s` is without delay by traffic.
road_edge = Table(
    "road_edge",
    metadata,
    Column("road_edge_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("way_id", BigInteger, nullable=False),
    Column("segment", Integer, nullable=False),  # position on its way
    Column("from_node", BigInteger, nullable=False),
    Column("to_node", BigInteger, nullable=False),
    Column("highway", Text, nullable=False),
    Column("length_m", Float, nullable=False),
    Column("speed_kmh", Float, nullable=False),
    Column("is_speed_estimated", Boolean, nullable=False),  # from the class, not from a sign
    Column("drive_s", Float, nullable=False),
    Column("is_drivable", Boolean, nullable=False),
    Column("is_drivable_back", Boolean, nullable=False),
    Column("is_walkable", Boolean, nullable=False),
    Column("geom", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
)
record_indexes(road_edge, "way_id", "segment")
