"""Alerts: one row an alert with its case, and the history of its changes."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import text

from geodata.tables.columns import metadata, time_column

alert = Table(
    "alert",
    metadata,
    Column("alert_id", BigInteger, Identity(always=True), primary_key=True),
    Column("rule", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),  # city | district | source
    Column("subject", Text, nullable=False),
    Column("part", Text, nullable=False, server_default=""),  # component judged apart
    Column("state", Text, nullable=False),  # pending | firing | recovered | cancelled
    Column("severity", Integer, nullable=False),  # the highest so far
    Column("case_state", Text, nullable=False),  # open | acknowledged | assigned | closed
    Column("assigned_to", Text),
    Column("value", Float),
    Column("limit_value", Float),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    time_column("since_at", nullable=False),  # the condition holds since
    time_column("recovering_at"),  # the condition is gone since; not yet long enough
    time_column("raised_at"),
    time_column("ended_at"),  # cancelled, or recovered with its case closed
)
Index(
    "uq_alert_active",
    alert.c.rule,
    alert.c.subject_kind,
    alert.c.subject,
    alert.c.part,
    unique=True,
    postgresql_where=text("ended_at IS NULL"),
)
Index("ix_alert_raised", alert.c.raised_at)

# One row a rule: the last time it was judged, and the subjects of which nothing was known then.
alert_watch = Table(
    "alert_watch",
    metadata,
    Column("rule", Text, primary_key=True),
    time_column("judged_at", nullable=False),
    Column("subjects", Integer, nullable=False),
    Column("unknown", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
)

alert_change = Table(
    "alert_change",
    metadata,
    Column("change_id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alert.alert_id"), nullable=False),
    time_column("changed_at", nullable=False),
    # pending raised escalated recovered again cancelled | acknowledged assigned closed
    Column("change", Text, nullable=False),
    Column("state", Text, nullable=False),  # after the change, like what follows
    Column("severity", Integer, nullable=False),
    Column("case_state", Text, nullable=False),
    Column("assigned_to", Text),
    Column("value", Float),
    Column("limit_value", Float),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("who", Text),  # null: the rule itself
    Column("note", Text),
)
Index("ix_alert_change_alert", alert_change.c.alert_id, alert_change.c.changed_at)
