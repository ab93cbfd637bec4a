"""What states and builds were before they were replaced."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of replaced states and builds."""
    run_ddl("0012_past.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
