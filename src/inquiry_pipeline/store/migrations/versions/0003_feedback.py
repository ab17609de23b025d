"""What people say about predictions, who changed a status and why, and when a decision was stored.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table and three columns. No table is rewritten: what is older has NULL in the new columns."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("prediction_id", sa.BigInteger(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("predicted_category", sa.Text(), nullable=False),
        sa.Column("predicted_sentiment", sa.Text(), nullable=False),
        sa.Column("predicted_urgency", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("sentiment", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("decides", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(category, sentiment, urgency) > 0", name=op.f("ck_feedback_says_something")),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["inquiries.id"], name=op.f("fk_feedback_inquiry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_feedback_prediction_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_inquiry_id", "feedback", ["inquiry_id", "id"], unique=False)
    op.create_index("ix_feedback_prediction_id", "feedback", ["prediction_id"], unique=False)
    op.create_index("ix_feedback_given", "feedback", ["given_at"], unique=False)
    op.add_column("status_changes", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("status_changes", sa.Column("reason", sa.Text(), nullable=True))
    # First without a default: what is there already was not stored now.
    op.add_column("routing_decisions", sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("routing_decisions", "stored_at", server_default=sa.text("now()"))


def downgrade() -> None:
    """Drop them, and with them what people said."""
    op.drop_column("routing_decisions", "stored_at")
    op.drop_column("status_changes", "reason")
    op.drop_column("status_changes", "actor")
    op.drop_index("ix_feedback_given", table_name="feedback")
    op.drop_index("ix_feedback_prediction_id", table_name="feedback")
    op.drop_index("ix_feedback_inquiry_id", table_name="feedback")
    op.drop_table("feedback")
