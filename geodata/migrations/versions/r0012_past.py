"""What states and builds were before they were replaced."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of replaced states and builds."""
    ddl = Path(__file__).with_name("0012_past.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
