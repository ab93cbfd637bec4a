"""Which places were withheld from the public."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the kept patterns of disclosure control."""
    run_ddl("0011_disclosure.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
