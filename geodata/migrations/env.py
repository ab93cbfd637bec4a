"""Alembic's entry: runs the revisions on the connection that `geodata.migrate` hands over."""

from alembic import context

from geodata.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
context.run_migrations()
