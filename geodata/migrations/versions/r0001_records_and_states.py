"""Records, districts, loads, provenance and states."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of schema `ops`; the extension and the schema exist already."""
    run_ddl("0001_records_and_states.sql")


def downgrade() -> None:
    """Refuse: the first revision's downgrade would drop the records themselves."""
    refuse_downgrade()
