"""The initial schema.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "consultants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("available", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultants")),
    )
    op.create_table(
        "departments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
    )
    op.create_table(
        "inquiries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sender_email", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column(
            "metadata", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("sentiment", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("abstained", sa.Boolean(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("consultant_id", sa.Text(), nullable=True),
        sa.Column("priority_score", sa.Double(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', coalesce(subject, '') || ' ' || body)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "status IN ('received', 'classified', 'routed', 'in_progress', 'resolved', 'reopened')",
            name=op.f("ck_inquiries_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
    )
    op.create_index(
        "ix_inquiries_category_received",
        "inquiries",
        ["category", sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_consultant_id_received",
        "inquiries",
        ["consultant_id", sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_department_received",
        "inquiries",
        ["department", sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_external_id",
        "inquiries",
        ["external_id"],
        unique=False,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "ix_inquiries_open_load",
        "inquiries",
        ["consultant_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('routed', 'in_progress', 'reopened')"),
    )
    op.create_index(
        "ix_inquiries_received",
        "inquiries",
        [sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_review",
        "inquiries",
        ["review_at"],
        unique=False,
        postgresql_where=sa.text("review_at IS NOT NULL AND status IN ('routed', 'reopened')"),
    )
    op.create_index(
        "ix_inquiries_routed",
        "inquiries",
        ["routed_at"],
        unique=False,
        postgresql_where=sa.text("routed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_inquiries_status_received",
        "inquiries",
        ["status", sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_urgency_received",
        "inquiries",
        ["urgency", sa.literal_column("received_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inquiries_waiting",
        "inquiries",
        ["department", sa.literal_column("priority_score DESC"), "received_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "consultant_id IS NULL AND department IS NOT NULL AND status IN ('routed', 'reopened')"
        ),
    )
    op.create_index("ix_inquiries_words", "inquiries", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "model_versions",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("first_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_model_versions")),
    )
    op.create_table(
        "performance_metrics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_metrics")),
    )
    op.create_index("ix_performance_metrics_measured", "performance_metrics", ["measured_at"], unique=False)
    op.create_index(
        "ix_performance_metrics_name_measured",
        "performance_metrics",
        ["name", sa.literal_column("measured_at DESC")],
        unique=False,
    )
    op.create_table(
        "rule_sets",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_sets")),
    )
    op.create_table(
        "department_members",
        sa.Column("department_id", sa.Text(), nullable=False),
        sa.Column("consultant_id", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultant_id"], ["consultants.id"], name=op.f("fk_department_members_consultant_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_department_members_department_id")
        ),
        sa.PrimaryKeyConstraint("department_id", "consultant_id", name=op.f("pk_department_members")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("answer_status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"],
            ["inquiries.id"],
            name=op.f("fk_idempotency_keys_inquiry_id"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_index("ix_idempotency_keys_inquiry_id", "idempotency_keys", ["inquiry_id"], unique=False)
    op.create_table(
        "predictions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("sentiment", sa.Text(), nullable=False),
        sa.Column("sentiment_confidence", sa.Double(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("urgency_confidence", sa.Double(), nullable=False),
        sa.Column("probabilities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('champion', 'challenger', 'shadow')", name=op.f("ck_predictions_role")),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["inquiries.id"], name=op.f("fk_predictions_inquiry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model_version"], ["model_versions.version"], name=op.f("fk_predictions_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
    )
    op.create_index("ix_predictions_created", "predictions", [sa.literal_column("created_at DESC")], unique=False)
    op.create_index("ix_predictions_inquiry_id", "predictions", ["inquiry_id"], unique=False)
    op.create_index(
        "uq_predictions_current", "predictions", ["inquiry_id"], unique=True, postgresql_where=sa.text("is_current")
    )
    op.create_table(
        "routing_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("consultant_id", sa.Text(), nullable=True),
        sa.Column("priority_score", sa.Double(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("escalation_level", sa.SmallInteger(), nullable=False),
        sa.Column("triaged", sa.Boolean(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["inquiries.id"], name=op.f("fk_routing_decisions_inquiry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rules_version"], ["rule_sets.version"], name=op.f("fk_routing_decisions_rules_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_decisions")),
    )
    op.create_index(
        "ix_routing_decisions_decided", "routing_decisions", [sa.literal_column("decided_at DESC")], unique=False
    )
    op.create_index("ix_routing_decisions_inquiry_id", "routing_decisions", ["inquiry_id"], unique=False)
    op.create_index(
        "uq_routing_decisions_current",
        "routing_decisions",
        ["inquiry_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "status_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["inquiries.id"], name=op.f("fk_status_changes_inquiry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_changes")),
    )
    op.create_index("ix_status_changes_inquiry_id", "status_changes", ["inquiry_id"], unique=False)
    op.create_table(
        "work",
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiries.id"], name=op.f("fk_work_inquiry_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inquiry_id", name=op.f("pk_work")),
    )
    op.create_index(
        "ix_work_dead", "work", ["dead_at", "inquiry_id"], unique=False, postgresql_where=sa.text("dead_at IS NOT NULL")
    )
    op.create_index("ix_work_due", "work", ["run_after"], unique=False, postgresql_where=sa.text("dead_at IS NULL"))


def downgrade() -> None:
    """Drop every table."""
    op.drop_index("ix_work_due", table_name="work", postgresql_where=sa.text("dead_at IS NULL"))
    op.drop_index("ix_work_dead", table_name="work", postgresql_where=sa.text("dead_at IS NOT NULL"))
    op.drop_table("work")
    op.drop_index("ix_status_changes_inquiry_id", table_name="status_changes")
    op.drop_table("status_changes")
    op.drop_index(
        "uq_routing_decisions_current", table_name="routing_decisions", postgresql_where=sa.text("is_current")
    )
    op.drop_index("ix_routing_decisions_inquiry_id", table_name="routing_decisions")
    op.drop_index("ix_routing_decisions_decided", table_name="routing_decisions")
    op.drop_table("routing_decisions")
    op.drop_index("uq_predictions_current", table_name="predictions", postgresql_where=sa.text("is_current"))
    op.drop_index("ix_predictions_inquiry_id", table_name="predictions")
    op.drop_index("ix_predictions_created", table_name="predictions")
    op.drop_table("predictions")
    op.drop_index("ix_idempotency_keys_inquiry_id", table_name="idempotency_keys")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("department_members")
    op.drop_table("rule_sets")
    op.drop_index("ix_performance_metrics_name_measured", table_name="performance_metrics")
    op.drop_index("ix_performance_metrics_measured", table_name="performance_metrics")
    op.drop_table("performance_metrics")
    op.drop_table("model_versions")
    op.drop_index("ix_inquiries_words", table_name="inquiries", postgresql_using="gin")
    op.drop_index(
        "ix_inquiries_waiting",
        table_name="inquiries",
        postgresql_where=sa.text(
            "consultant_id IS NULL AND department IS NOT NULL AND status IN ('routed', 'reopened')"
        ),
    )
    op.drop_index("ix_inquiries_urgency_received", table_name="inquiries")
    op.drop_index("ix_inquiries_status_received", table_name="inquiries")
    op.drop_index("ix_inquiries_routed", table_name="inquiries", postgresql_where=sa.text("routed_at IS NOT NULL"))
    op.drop_index(
        "ix_inquiries_review",
        table_name="inquiries",
        postgresql_where=sa.text("review_at IS NOT NULL AND status IN ('routed', 'reopened')"),
    )
    op.drop_index("ix_inquiries_received", table_name="inquiries")
    op.drop_index(
        "ix_inquiries_open_load",
        table_name="inquiries",
        postgresql_where=sa.text("status IN ('routed', 'in_progress', 'reopened')"),
    )
    op.drop_index(
        "ix_inquiries_external_id", table_name="inquiries", postgresql_where=sa.text("external_id IS NOT NULL")
    )
    op.drop_index("ix_inquiries_department_received", table_name="inquiries")
    op.drop_index("ix_inquiries_consultant_id_received", table_name="inquiries")
    op.drop_index("ix_inquiries_category_received", table_name="inquiries")
    op.drop_table("inquiries")
    op.drop_table("departments")
    op.drop_table("consultants")
