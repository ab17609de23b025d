"""Alembic's entry: migrate on the connection that `store.migrate` hands over, each migration in its own transaction."""

from alembic import context

from inquiry_pipeline.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
