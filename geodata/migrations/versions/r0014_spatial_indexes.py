"""Drop the spatial indexes that no query uses."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the spatial indexes of calls and radio samples."""
    run_ddl("0014_spatial_indexes.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
