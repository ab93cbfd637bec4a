"""Live positions, candidates of one event."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of live data."""
    ddl = Path(__file__).with_name("0008_live.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
