"""Keep the loads that states stand on in rows of their own."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Supersession the loads out of the builds; these keep the newest of each source."""
    run_ddl("0016_counted_loads.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
