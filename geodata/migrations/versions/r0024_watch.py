"""Keep since when sources are followed, and what the rules could judge."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table of the watch."""
    run_ddl("0024_watch.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
