"""Districts, loads, rejected rows and coverage."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import text

from geodata.tables.columns import metadata, provenance, time_column

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
    # loaded | refused | held, which becomes accepted or superseded
    Column("status", Text, nullable=False),
    Column("provenance", Text, nullable=False),  # real | simulated
    Column("owner", Text, nullable=False),
    Column("licence", Text, nullable=False),
    time_column("started_at", nullable=False),
    time_column("finished_at", nullable=False),
    Column("rows_in", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    time_column("event_from"),
    time_column("event_to"),
    Column("expected_s", Float),  # between two messages of the source; null: it comes only once
    Column("stages", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("message", Text),
    Column("events_noted", Boolean, nullable=False, server_default="false"),  # see shared_event
    # of the keys of its declaration that its records follow from; null before they were kept
    Column("declaration_sha256", Text),
    Column("file_path", Text),  # where the file and its declaration lay
    Column("declaration_path", Text),
    # of a held load: the one that came after all, or in its place
    Column("settled_by", BigInteger, ForeignKey("load.load_id")),
    # transaction number: decides which loads an earlier snapshot could not see yet
    Column(
        "xact_id",
        BigInteger,
        nullable=False,
        server_default=text("(pg_current_xact_id())::text::bigint"),
    ),
)
Index("ix_load_xact", load.c.xact_id)
Index(
    "ix_load_unnoted",
    load.c.load_id,
    postgresql_where=text("NOT events_noted AND table_name = 'incident'"),
)
Index("ix_load_source", load.c.source, load.c.sha256)
# the newest of a source, and whether any of it is simulated, without reading the others
Index("ix_load_until", load.c.source, func.coalesce(load.c.event_to, load.c.finished_at))
Index(
    "ix_load_held",
    load.c.source,
    load.c.file,
    postgresql_where=load.c.status.in_(("held", "accepted", "superseded")),
)
Index("ix_load_simulated", load.c.source, postgresql_where=load.c.provenance == "simulated")

rejected_row = Table(
    "rejected_row",
    metadata,
    Column("rejected_id", BigInteger, Identity(always=True), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("load.load_id"), nullable=False),
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
    *provenance(),
    Column("table_name", Text, nullable=False),
    Column("component", Text),  # null: every component of the source
    Column("district_id", Text, ForeignKey("district.district_id")),  # null: whole city
    time_column("starts_at", nullable=False),
    time_column("ends_at", nullable=False),
)
Index("ix_source_coverage_table", source_coverage.c.table_name, source_coverage.c.starts_at)
