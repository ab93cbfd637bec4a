"""Which places were withheld from the public in each published period."""

from sqlalchemy import ARRAY, Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from geodata.tables.columns import metadata, time_column

withheld_pattern = Table(
    "withheld_pattern",
    metadata,
    Column("indicator", Text, primary_key=True),  # or the population of several
    Column("component", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("geography", Text, primary_key=True),
    Column("places", ARRAY(Text), nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # grows when places join
    time_column("decided_at", nullable=False),
    Column("decided_for", Text, nullable=False, server_default=""),  # versions it was decided from
    Column("smallest_count", Integer),  # the largest limit that it was ever decided with
    Column("counts", JSONB),  # of a published edition, by measure and place; never published
)
