"""Keep with residents the ground that they were counted on."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns; records so far speak of no known ground."""
    run_ddl("0023_ground_of_residents.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
