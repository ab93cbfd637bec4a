"""Alembic's entry: runs the revisions on the connection of `geodata.database.migrate`."""

from alembic import context

from geodata.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
context.run_migrations()
