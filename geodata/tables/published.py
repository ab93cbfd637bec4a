"""The published numbers: hexagons and districts of an indicator's fixed periods, checked.

Public screens and the GIS service read nothing else. What they read are the views over these
tables in the schema `published` (`geodata/tables/public_views.py`, `geodata/published`).
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, JSONB

from geodata.tables.columns import metadata, time_column

PUBLISHED = "published"  # the schema of the views

published_layer = Table(
    "published_layer",
    metadata,
    Column("layer_id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),  # of its collection, without `hex_`
    Column("indicator", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("code", Text, nullable=False),  # the indicator's code, for example E1; may be empty
    Column("domain", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("description_zh", Text, nullable=False),
    Column("description_en", Text, nullable=False),
    Column("unit_zh", Text, nullable=False),
    Column("unit_en", Text, nullable=False),
    Column("formula", Text, nullable=False),
    Column("res", ARRAY(SmallInteger), nullable=False),  # resolutions with hexagons, may be none
    Column("period", Text, nullable=False),
    time_column("starts_at", nullable=False),
    time_column("ends_at", nullable=False),
    Column("version", Text, nullable=False),
    time_column("as_of"),  # latest event among the records used
    time_column("published_at", nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
    Column("licences", ARRAY(Text), nullable=False),
    Column("owners", ARRAY(Text), nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("covered_from", Date),  # the first covered day, and the last one, included
    Column("covered_to", Date),
    Column("covered_days", Integer),  # null: a stock, which is known at an instant
    Column("is_partial", Boolean, nullable=False, server_default=false()),
    Column("smallest_count", Integer),  # smaller counts are suppressed; null: counts no people
    Column("span_days", Integer),  # of a span laid end to end; null: a calendar step
    Column("is_newest", Boolean, nullable=False),  # of the periods of its name
    Column("counted_on", Date),  # of a stock: the day of its newest count
    Column("basis", Text, nullable=False),  # checksum of what beside records makes the numbers
    UniqueConstraint("name", "period", name="uq_published_layer_name"),
)
Index(
    "uq_published_layer_newest",
    published_layer.c.name,
    unique=True,
    postgresql_where=published_layer.c.is_newest,
)

published_cell = Table(
    "published_cell",
    metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("res", SmallInteger, nullable=False),
    Column("zone", Text, nullable=False),  # the cell as hexadecimal text
    Column("geom", Geometry("POLYGON", srid=4326, spatial_index=False), nullable=False),
)
Index("ix_published_cell_geom", published_cell.c.geom, postgresql_using="gist")


def _layer() -> Column[object]:
    target = ForeignKey("published_layer.layer_id", ondelete="CASCADE")
    return Column("layer_id", BigInteger, target, primary_key=True)


def _numbers() -> list[Column[object]]:
    return [
        Column("value", Float),
        Column("lo", Float),
        Column("hi", Float),
        Column("n", BigInteger),
        Column("status", SmallInteger, nullable=False),
    ]


published_value = Table(
    "published_value",
    metadata,
    _layer(),
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("res", SmallInteger, nullable=False),
    *_numbers(),
)

published_district = Table(
    "published_district",
    metadata,
    _layer(),
    Column("district_id", Text, primary_key=True),  # of the whole city: its code
    *_numbers(),
    Column("covered", DATEMULTIRANGE),  # the covered days; null: a stock, or not counted in days
)

# Why a layer has no published period: a row until it has one.
published_gap = Table(
    "published_gap",
    metadata,
    Column("name", Text, primary_key=True),
    Column("indicator", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("inputs", JSONB, nullable=False),  # what is not loaded: table and kinds
    time_column("found_at", nullable=False),
)
