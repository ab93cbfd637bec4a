"""Drop the spatial indexes that no query uses."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the spatial indexes of calls and radio samples."""
    ddl = Path(__file__).with_name("0014_spatial_indexes.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
