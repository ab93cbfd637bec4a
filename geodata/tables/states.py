"""Additive states of the indicators, their builds and classes, and the history of all three.

`state_past` and `state_build_past` keep what a later build replaced, so that a replay can show it.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from geodata.tables.columns import metadata, time_column

state_build = Table(
    "state_build",
    metadata,
    Column("build_id", BigInteger, Identity(always=True), primary_key=True),
    Column("indicator", Text, nullable=False),
    time_column("built_at", nullable=False),
    Column("load_ids", ARRAY(BigInteger), nullable=False),  # newest of each source
    Column("sources", ARRAY(Text), nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    time_column("as_of"),  # latest event time among the records used
    Column("definition", Text),  # checksum of everything but records that determines the states
    Column("seen", Text),  # snapshot of the database: which loads are in the states
    Column("classes_id", BigInteger),  # build whose classes still hold
    Column("state_rows", BigInteger, nullable=False, server_default="0"),
)
Index("ix_state_build_indicator", state_build.c.indicator, state_build.c.build_id)

# Why an indicator could not be built: a row until it is built again. Its states stay as they were.
build_failure = Table(
    "build_failure",
    metadata,
    Column("indicator", Text, primary_key=True),
    time_column("failed_at", nullable=False),
    Column("message", Text, nullable=False),
)

# The loads whose records the states rest on: a live source makes thousands a day, so a refresh
# changes only the affected rows and reads no others.
counted_load = Table(
    "counted_load",
    metadata,
    Column("indicator", Text, nullable=False),
    Column("load_id", BigInteger, nullable=False, autoincrement=False),
    PrimaryKeyConstraint("indicator", "load_id", name="pk_counted_load"),
)

state = Table(
    "state",
    metadata,
    Column("indicator", Text, nullable=False),
    Column("component", Text, nullable=False),
    time_column("starts_at", nullable=False),  # of the indicator's grain
    Column("cell", BigInteger, nullable=False, autoincrement=False),  # 0: the record has no place
    Column("district_id", Text, nullable=False),
    # the build that wrote the row last; without a foreign key, whose check costs more than the row
    Column("build_id", BigInteger, nullable=False),
    Column("measure", SmallInteger, nullable=False, server_default="0"),  # position in the entry
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
    PrimaryKeyConstraint(
        "indicator", "starts_at", "component", "cell", "district_id", name="pk_state"
    ),
)

state_change = Table(
    "state_change",
    metadata,
    Column("build_id", BigInteger, primary_key=True),
    Column("indicator", Text, nullable=False),
    time_column("built_at", nullable=False),
    Column("is_full", Boolean, nullable=False),
    Column("load_ids", ARRAY(BigInteger), nullable=False),  # new since the build before
    Column("rows_computed", BigInteger, nullable=False),
    Column("rows_written", BigInteger, nullable=False),
    Column("rows_removed", BigInteger, nullable=False),
    time_column("changed_from"),  # first and last step in which a row changed
    time_column("changed_to"),
    time_column("late_from"),  # first of those that had ended more than 48 hours before
)
Index("ix_state_change_indicator", state_change.c.indicator, state_change.c.build_id)

layer_breaks = Table(
    "layer_breaks",
    metadata,
    Column("indicator", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("res", Integer, primary_key=True),
    Column("build_id", BigInteger, primary_key=True),
    Column("breaks", ARRAY(Float), nullable=False),
)


# A replaced row, and the build from which on it was replaced.
state_past = Table(
    "state_past",
    metadata,
    *(Column(each.name, each.type, nullable=each.nullable) for each in state.columns),
    Column("replaced_by", BigInteger, nullable=False),
)
Index("ix_state_past_starts", state_past.c.indicator, state_past.c.starts_at)
Index("ix_state_past_replaced", state_past.c.indicator, state_past.c.replaced_by)

# Without `load_ids` and `seen`: no screen shows them.
state_build_past = Table(
    "state_build_past",
    metadata,
    Column("build_id", BigInteger, primary_key=True, autoincrement=False),
    *(
        Column(each.name, each.type, nullable=each.nullable)
        for each in state_build.columns
        if each.name not in ("build_id", "load_ids", "seen")
    ),
    time_column("replaced_at", nullable=False),
)
Index("ix_state_build_past_replaced", state_build_past.c.replaced_at)
