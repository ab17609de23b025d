"""Figures over a window from indexes alone: two more columns of an inquiry, and indexes that carry what is counted.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTED = [
    "status",
    "department",
    "category",
    "urgency",
    "sentiment",
    "priority",
    "language",
    "channel",
    "consultant_id",
    "priority_score",
    "escalation_level",
    "abstained",
    "degraded",
]
_ANSWERED = ["model_version", "abstained", "degraded", "confidence", "sentiment_confidence", "urgency_confidence"]
# An index answers alone where vacuum has been since the last change. By default that comes when a fifth of a table has
# changed, which in a grown table is days of inquiries: those that figures are asked for most.
_VACUUMED: dict[str, float] = {
    "autovacuum_vacuum_scale_factor": 0.01,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_insert_scale_factor": 0.01,
    "autovacuum_vacuum_insert_threshold": 1000,
    "autovacuum_analyze_scale_factor": 0.02,
}
_TABLES = ("inquiries", "predictions", "routing_decisions")
_NEWEST: list[sa.ColumnElement[object]] = [sa.literal_column("received_at DESC"), sa.literal_column("id DESC")]


def upgrade() -> None:
    """Add the columns, fill them in the few rows where they say something, and put wider indexes for narrow ones."""
    # A constant default rewrites no table, and serves programs of the version before, which do not set the columns.
    op.add_column("inquiries", sa.Column("degraded", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(
        "inquiries", sa.Column("escalation_level", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.execute(
        "UPDATE inquiries SET escalation_level = d.escalation_level FROM routing_decisions AS d"
        " WHERE d.inquiry_id = inquiries.id AND d.is_current AND d.escalation_level > 0"
    )
    op.execute(
        "UPDATE inquiries SET degraded = true FROM predictions AS p"
        " WHERE p.inquiry_id = inquiries.id AND p.is_current AND p.degraded"
    )
    op.drop_index("ix_inquiries_received", table_name="inquiries")
    op.create_index("ix_inquiries_received", "inquiries", _NEWEST, postgresql_include=_COUNTED)
    op.drop_index("ix_inquiries_routed", table_name="inquiries")
    op.create_index(
        "ix_inquiries_routed",
        "inquiries",
        ["routed_at"],
        postgresql_include=["created_at"],
        postgresql_where=sa.text("routed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_inquiries_resolved",
        "inquiries",
        ["resolved_at"],
        postgresql_include=["consultant_id", "routed_at"],
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )
    op.drop_index("ix_predictions_created", table_name="predictions")
    op.create_index(
        "ix_predictions_made",
        "predictions",
        [sa.literal_column("created_at DESC")],
        postgresql_include=_ANSWERED,
        postgresql_where=sa.text("is_current"),
    )
    op.drop_index("ix_routing_decisions_decided", table_name="routing_decisions")
    op.create_index(
        "ix_routing_decisions_given",
        "routing_decisions",
        [sa.literal_column("stored_at DESC"), "consultant_id"],
        postgresql_where=sa.text("is_current AND consultant_id IS NOT NULL"),
    )
    settings = ", ".join(f"{name} = {value}" for name, value in _VACUUMED.items())
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} SET ({settings})")


def downgrade() -> None:
    """Go back to the narrow indexes, and drop the columns."""
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(_VACUUMED)})")
    op.drop_index("ix_routing_decisions_given", table_name="routing_decisions")
    op.create_index(
        "ix_routing_decisions_decided", "routing_decisions", [sa.literal_column("decided_at DESC")], unique=False
    )
    op.drop_index("ix_predictions_made", table_name="predictions")
    op.create_index("ix_predictions_created", "predictions", [sa.literal_column("created_at DESC")], unique=False)
    op.drop_index("ix_inquiries_resolved", table_name="inquiries")
    op.drop_index("ix_inquiries_routed", table_name="inquiries")
    op.create_index(
        "ix_inquiries_routed", "inquiries", ["routed_at"], postgresql_where=sa.text("routed_at IS NOT NULL")
    )
    op.drop_index("ix_inquiries_received", table_name="inquiries")
    op.create_index("ix_inquiries_received", "inquiries", _NEWEST, unique=False)
    op.drop_column("inquiries", "escalation_level")
    op.drop_column("inquiries", "degraded")
