"""Live positions, candidates of one event."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of live data."""
    run_ddl("0008_live.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
