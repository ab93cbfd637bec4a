"""What a kept pattern of disclosure control was decided from."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the versions, the limit and the counts of the last decision."""
    run_ddl("0028_disclosure_editions.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
