"""Which places were withheld from the public in each published period."""

from sqlalchemy import ARRAY, Column, Integer, Table, Text

from geodata.tables.columns import metadata, time_column

withheld_pattern = Table(
    "withheld_pattern",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("geography", Text, primary_key=True),
    Column("places", ARRAY(Text), nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # grows when places join
    time_column("decided_at", nullable=False),
)
