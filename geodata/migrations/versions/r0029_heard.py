"""Keep when a live source was last heard, by our own clock."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    run_ddl("0029_heard.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
