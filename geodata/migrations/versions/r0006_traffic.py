"""Road links and their travel times."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the traffic tables."""
    run_ddl("0006_traffic.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
