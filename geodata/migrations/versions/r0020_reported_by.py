"""Keep which kind of realtime feed reported a departure."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is there already keeps null."""
    run_ddl("0020_reported_by.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
