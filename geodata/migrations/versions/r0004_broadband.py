"""Premises and predicted radio coverage."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the broadband records beyond tests and stations."""
    run_ddl("0004_broadband.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
