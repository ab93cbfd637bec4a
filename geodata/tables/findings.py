"""Findings of loads in their files."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, Table, Text

from geodata.tables.columns import SCHEMA, metadata

finding = Table(
    "finding",
    metadata,
    Column("finding_id", BigInteger, Identity(always=True), primary_key=True),
    Column("load_id", BigInteger, ForeignKey(f"{SCHEMA}.load.load_id"), nullable=False),
    Column("severity", Text, nullable=False),  # error | warning | info
    Column("code", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("row_number", Integer),  # the first of `rows`; the header is row 1
    Column("field", Text),
    Column("rows", Integer, nullable=False),
    Column("message_zh", Text, nullable=False),
    Column("message_en", Text, nullable=False),
)
Index("ix_finding_load", finding.c.load_id)
