"""Keep timetables: their files, and the days they spoke for."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the content of feeds, the days each speaks for, and an index by source."""
    run_ddl("0019_kept_feeds.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
