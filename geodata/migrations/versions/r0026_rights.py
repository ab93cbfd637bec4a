"""Give row rights a key and a function; `geodata.database.rights` makes the policies."""

from geodata.database.migrate import refuse_downgrade, run_ddl

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the schema of the rights."""
    run_ddl("0026_rights.sql")


def downgrade() -> None:
    """Refuse: a downgrade would drop the records themselves."""
    refuse_downgrade()
