"""Why an urgency is what it is, beside every prediction.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reasons; predictions made before have none. The table is not rewritten: the default is constant."""
    op.add_column(
        "predictions",
        sa.Column(
            "urgency_reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    """Drop the reasons."""
    op.drop_column("predictions", "urgency_reasons")
