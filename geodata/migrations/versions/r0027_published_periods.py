"""Keep several periods of each published layer; give public readers views of all they need."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0027"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns of periods, the table of gaps and the views."""
    run_ddl("0027_published_periods.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
