"""Alembic's entry: migrate on the connection that `store.migrate` hands over."""

from alembic import context
from sqlalchemy import text

from inquiry_pipeline.store.tables import metadata

connection = context.config.attributes["connection"]
# A migration that waits for a lock blocks everyone behind it: give up early and let a person choose the moment.
connection.execute(text("SET LOCAL lock_timeout = '5s'"))
connection.execute(text("SET LOCAL statement_timeout = 0"))
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
