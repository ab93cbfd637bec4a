"""What loads found wrong or odd in their files."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the findings of loads."""
    run_ddl("0013_findings.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
