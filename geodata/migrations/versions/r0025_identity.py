"""Keep users, their sessions, tokens of devices, and what was done by whom."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    run_ddl("0025_identity.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
