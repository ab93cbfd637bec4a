"""Alerts, their history and cases."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of alerts."""
    run_ddl("0009_alerts.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
