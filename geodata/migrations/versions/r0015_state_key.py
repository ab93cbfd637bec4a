"""One index of the states instead of two."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the step before the component in the key of the states."""
    run_ddl("0015_state_key.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
