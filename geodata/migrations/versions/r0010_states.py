"""What incremental builds need to know."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the bookkeeping of incremental builds."""
    run_ddl("0010_states.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
