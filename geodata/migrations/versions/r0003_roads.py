"""Roads and travel times."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the road graph's tables."""
    run_ddl("0003_roads.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
