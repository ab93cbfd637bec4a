"""What may be published: the views of schema published."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the published schema."""
    run_ddl("0007_published.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
