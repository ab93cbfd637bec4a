"""What loads found wrong or odd in their files."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the findings of loads."""
    ddl = Path(__file__).with_name("0013_findings.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
