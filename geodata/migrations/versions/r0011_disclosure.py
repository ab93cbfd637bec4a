"""Which places were withheld from the public."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the kept patterns of disclosure control."""
    ddl = Path(__file__).with_name("0011_disclosure.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
