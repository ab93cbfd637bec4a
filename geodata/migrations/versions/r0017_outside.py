"""Tell records outside the city from those whose place is not known."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two places in no district, and move the records with a place beyond the boundary."""
    run_ddl("0017_outside.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
