"""Who may ask: users, their sessions, tokens of devices and programs, and what was done.

No password and no token is kept in clear: of a password its argon2 hash, of a token its SHA-256.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.expression import text

from geodata.tables.columns import metadata, time_column

user_account = Table(
    "user_account",
    metadata,
    Column("user_id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # case folded: two names never differ by case alone
    Column("password_hash", Text),  # null: the identity provider signs in
    Column("issuer", Text),  # of the identity provider, with its name for the user
    Column("provider_subject", Text),
    Column("role", Text, nullable=False),  # planner | duty | leader | administrator
    # whose records may be read; empty: all
    Column("districts", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    time_column("created_at", nullable=False),
    time_column("disabled_at"),
    Column("failed_sign_ins", Integer, nullable=False, server_default=text("0")),  # from anywhere
    time_column("locked_until"),  # for addresses that the user never signed in from
)
Index("uq_user_account_name_key", user_account.c.name_key, unique=True)
Index(
    "uq_user_account_provider",
    user_account.c.issuer,
    user_account.c.provider_subject,
    unique=True,
    postgresql_where=text("issuer IS NOT NULL"),
)

user_session = Table(
    "user_session",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.user_id"), nullable=False),
    time_column("created_at", nullable=False),
    time_column("last_seen_at", nullable=False),
    time_column("expires_at", nullable=False),
    time_column("revoked_at"),
    Column("client", Text, nullable=False, server_default=""),  # the address it was opened from
)
Index("ix_user_session_user", user_session.c.user_id)
Index("ix_user_session_expires", user_session.c.expires_at)

# Attempts that failed in a row, of a name from an address: who guesses locks nobody else out.
# Names nobody has are counted too, and none is kept in clear: people type passwords there.
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("name_sha256", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("failed", Integer, nullable=False),
    time_column("last_at", nullable=False),
    time_column("locked_until"),
)
Index("ix_sign_in_attempt_last", sign_in_attempt.c.last_at)

device_token = Table(
    "device_token",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # wall | kiosk | program
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    time_column("created_at", nullable=False),
    time_column("last_seen_at"),
    time_column("revoked_at"),
)
Index(
    "uq_device_token_name_key",
    device_token.c.name_key,
    unique=True,
    postgresql_where=text("revoked_at IS NULL"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("audit_id", BigInteger, Identity(always=True), primary_key=True),
    time_column("at", nullable=False),
    Column("who", Text, nullable=False),  # empty: the public
    Column("role", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False),  # done | refused | failed
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("client", Text, nullable=False, server_default=""),
)
Index("ix_audit_entry_at", audit_entry.c.at)
Index("ix_audit_entry_who", audit_entry.c.who, audit_entry.c.audit_id)
