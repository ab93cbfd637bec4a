"""Keep held loads, and what a declaration said when a file was loaded."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the index of held loads."""
    run_ddl("0018_held_loads.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
