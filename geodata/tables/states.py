"""Additive states of the indicators, their builds and their classes."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)

from geodata.tables.columns import SCHEMA, metadata, time_column

state_build = Table(
    "state_build",
    metadata,
    Column("build_id", BigInteger, Identity(always=True), primary_key=True),
    Column("indicator", Text, nullable=False),
    time_column("built_at", nullable=False),
    Column("load_ids", ARRAY(BigInteger), nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    time_column("as_of"),  # latest event time among the records used
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
