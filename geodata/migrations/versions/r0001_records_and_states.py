"""Records, districts, loads, provenance and states."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of schema `ops`; the extension and the schema exist already."""
    ddl = Path(__file__).with_name("0001_records_and_states.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(ddl)


def downgrade() -> None:
    """Refuse: the first revision's downgrade would drop the records themselves."""
    raise NotImplementedError("drop the database instead")
