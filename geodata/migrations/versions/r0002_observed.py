"""Stop events and dispatched trips."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the observed side of the timetable."""
    run_ddl("0002_observed.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
