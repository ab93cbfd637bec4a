"""Health records and emergency department visits."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the health records beyond facilities."""
    run_ddl("0005_health.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
