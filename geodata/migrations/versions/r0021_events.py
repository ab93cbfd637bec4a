"""Put records of one event together, and keep what failed to be built."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the unit's own notice, the events that records share, and the failures of builds."""
    run_ddl("0021_events.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
