"""Say of a published layer what part of its period it speaks of; drop breaks of older rules."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the covered days; breaks are computed again when a layer is next drawn."""
    run_ddl("0022_partial_periods.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
