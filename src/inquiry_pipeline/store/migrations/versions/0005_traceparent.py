"""Whoever pays a debt goes on with the trace in which it was made.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column. What is owed already has no trace."""
    op.add_column("work", sa.Column("traceparent", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("work", "traceparent")
