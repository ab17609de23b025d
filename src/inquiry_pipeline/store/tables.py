"""The schema, as SQLAlchemy Core tables. Migrations create it; a test shows that the two agree.

`inquiries` repeats the current category, urgency, department, consultant and so on, written in the same
transaction as the prediction and the decision that they come from: lists, queues and loads are then answered
from one index. (For programs that do not yet write the latest of these columns, triggers do: migration 0004.) The
history stays in `predictions` and `routing_decisions`. Figures over a window are read from indexes alone, so autovacuum
visits these tables often.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.schema import SchemaItem

from inquiry_pipeline.core.inquiry import OPEN_STATUSES, Status

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _moment(name: str, *, nullable: bool = True, now: bool = False) -> Column[object]:
    return Column(
        name, DateTime(timezone=True), nullable=nullable and not now, server_default=func.now() if now else None
    )


def _listed_by(column: str) -> SchemaItem:
    """An index for a filtered page, newest first."""
    return Index(f"ix_inquiries_{column}_received", column, text("received_at DESC"), text("id DESC"))


def _listed_where(name: str, condition: str) -> SchemaItem:
    """An index for a page of what few inquiries are, newest first."""
    return Index(
        f"ix_inquiries_{name}_received", text("received_at DESC"), text("id DESC"), postgresql_where=text(condition)
    )


def _in(statuses: tuple[Status, ...]) -> str:
    return "status IN ({})".format(", ".join(f"'{status}'" for status in statuses))


OPEN = _in(OPEN_STATUSES)
REVIEWED = _in((Status.ROUTED, Status.REOPENED))
WAITING = "consultant_id IS NULL AND department IS NOT NULL AND " + _in((Status.ROUTED, Status.REOPENED))
ESCALATED = "escalation_level > 0"
ABSTAINED = "abstained"

COUNTED = (
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
)
"""What inquiries are counted and filtered by, beside the time at which they were received."""

inquiries = Table(
    "inquiries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject", Text),
    Column("body", Text, nullable=False),
    Column("sender_email", Text),
    Column("sender_name", Text),
    Column("channel", Text, nullable=False),
    Column("external_id", Text),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    _moment("received_at", nullable=False),
    _moment("created_at", now=True),
    _moment("updated_at", now=True),
    Column("status", Text, nullable=False),
    Column("category", Text),
    Column("sentiment", Text),
    Column("urgency", Text),
    Column("language", Text),
    Column("abstained", Boolean),
    Column("department", Text),
    Column("consultant_id", Text),
    Column("priority_score", Double),
    Column("priority", Text),
    _moment("routed_at"),
    _moment("review_at"),
    _moment("resolved_at"),
    Column("degraded", Boolean, nullable=False, server_default=text("false")),
    Column("escalation_level", SmallInteger, nullable=False, server_default=text("0")),
    # Stored, so that an update of anything else does not read the text again.
    Column("words", TSVECTOR, Computed("to_tsvector('simple', coalesce(subject, '') || ' ' || body)", persisted=True)),
    CheckConstraint(_in(tuple(Status)), name="status"),
    # Carries all that is counted or filtered by: figures over a window are read from it alone, without the texts.
    Index("ix_inquiries_received", text("received_at DESC"), text("id DESC"), postgresql_include=COUNTED),
    _listed_by("status"),
    _listed_by("department"),
    _listed_by("category"),
    _listed_by("urgency"),
    _listed_by("consultant_id"),
    _listed_where("escalated", ESCALATED),
    _listed_where("abstained", ABSTAINED),
    Index("ix_inquiries_external_id", "external_id", postgresql_where=text("external_id IS NOT NULL")),
    Index("ix_inquiries_open_load", "consultant_id", postgresql_where=text(OPEN)),
    Index(
        "ix_inquiries_waiting",
        "department",
        text("priority_score DESC"),
        "received_at",
        "id",
        postgresql_where=text(WAITING),
    ),
    Index("ix_inquiries_review", "review_at", postgresql_where=text(f"review_at IS NOT NULL AND {REVIEWED}")),
    Index(
        "ix_inquiries_routed",
        "routed_at",
        postgresql_include=("created_at",),
        postgresql_where=text("routed_at IS NOT NULL"),
    ),
    Index(
        "ix_inquiries_resolved",
        "resolved_at",
        postgresql_include=("consultant_id", "routed_at"),
        postgresql_where=text("resolved_at IS NOT NULL"),
    ),
    Index("ix_inquiries_words", "words", postgresql_using="gin"),
)

INQUIRY = tuple(column for column in inquiries.c if column.name != "words")
"""The columns of an inquiry that anyone reads."""

model_versions = Table(
    "model_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    _moment("first_used_at", now=True),
)

predictions = Table(
    "predictions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("inquiry_id", Uuid, ForeignKey("inquiries.id", ondelete="CASCADE"), nullable=False),
    Column("model_version", Text, ForeignKey("model_versions.version"), nullable=False),
    Column("role", Text, nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("category", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("sentiment", Text, nullable=False),
    Column("sentiment_confidence", Double, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("urgency_confidence", Double, nullable=False),
    Column("probabilities", JSONB, nullable=False),
    Column("language", Text, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("degraded", Boolean, nullable=False),
    _moment("created_at", now=True),
    Column("urgency_reasons", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    CheckConstraint("role IN ('champion', 'challenger', 'shadow')", name="role"),
    Index("ix_predictions_inquiry_id", "inquiry_id"),
    Index("uq_predictions_current", "inquiry_id", unique=True, postgresql_where=text("is_current")),
    Index(
        "ix_predictions_made",
        text("created_at DESC"),
        postgresql_include=(
            "model_version",
            "abstained",
            "degraded",
            "confidence",
            "sentiment_confidence",
            "urgency_confidence",
        ),
        postgresql_where=text("is_current"),
    ),
)

GIVEN = "coalesce(given, is_current) AND consultant_id IS NOT NULL"

routing_decisions = Table(
    "routing_decisions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("inquiry_id", Uuid, ForeignKey("inquiries.id", ondelete="CASCADE"), nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("department", Text, nullable=False),
    Column("consultant_id", Text),
    Column("priority_score", Double, nullable=False),
    Column("priority", Text, nullable=False),
    Column("escalation_level", SmallInteger, nullable=False),
    Column("triaged", Boolean, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("rules_version", Text, ForeignKey("rule_sets.version"), nullable=False),
    Column("record", JSONB, nullable=False),
    _moment("decided_at", nullable=False),
    # When it was stored; NULL for what is older than this column. `decided_at` moves on with the age of an inquiry.
    Column("stored_at", DateTime(timezone=True), server_default=func.now()),
    # Whether it gave the inquiry to somebody who had not got it by the decision before; NULL where nobody looked, for
    # what is older than this column.
    Column("given", Boolean),
    Index("ix_routing_decisions_inquiry_id", "inquiry_id"),
    Index("uq_routing_decisions_current", "inquiry_id", unique=True, postgresql_where=text("is_current")),
    Index(
        "ix_routing_decisions_given",
        text("stored_at DESC"),
        "consultant_id",
        postgresql_where=text(GIVEN),
    ),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", Text, primary_key=True),
    Column("document", JSONB, nullable=False),
    _moment("first_used_at", now=True),
)

departments = Table(
    "departments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)

consultants = Table(
    "consultants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("profile", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("available", Boolean, nullable=False, server_default=text("true")),
    _moment("updated_at", now=True),
)

department_members = Table(
    "department_members",
    metadata,
    Column("department_id", Text, ForeignKey("departments.id"), primary_key=True),
    Column("consultant_id", Text, ForeignKey("consultants.id"), primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("last_turn", BigInteger, nullable=False, server_default=text("0")),
)

work = Table(
    "work",
    metadata,
    Column("inquiry_id", Uuid, ForeignKey("inquiries.id", ondelete="CASCADE"), primary_key=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _moment("run_after", now=True),
    Column("lease_token", Uuid),
    _moment("leased_until"),
    Column("last_error", Text),
    _moment("dead_at"),
    _moment("created_at", now=True),
    # The place in a trace where the debt was made (W3C); NULL for what is older than this column.
    Column("traceparent", Text),
    Index("ix_work_due", "run_after", postgresql_where=text("dead_at IS NULL")),
    Index("ix_work_dead", "dead_at", "inquiry_id", postgresql_where=text("dead_at IS NOT NULL")),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    # Deferred: a key is reserved first, so that a repeated request writes nothing else.
    Column(
        "inquiry_id",
        Uuid,
        ForeignKey("inquiries.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("answer_status", SmallInteger),
    Column("answer", Text),
    _moment("created_at", now=True),
    Index("ix_idempotency_keys_created_at", "created_at"),
    Index("ix_idempotency_keys_inquiry_id", "inquiry_id"),
)

status_changes = Table(
    "status_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("inquiry_id", Uuid, ForeignKey("inquiries.id", ondelete="CASCADE"), nullable=False),
    Column("from_status", Text, nullable=False),
    Column("to_status", Text, nullable=False),
    _moment("changed_at", now=True),
    Column("actor", Text),
    Column("reason", Text),
    Index("ix_status_changes_inquiry_id", "inquiry_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("inquiry_id", Uuid, ForeignKey("inquiries.id", ondelete="CASCADE"), nullable=False),
    Column("prediction_id", BigInteger, ForeignKey("predictions.id", ondelete="CASCADE"), nullable=False),
    Column("model_version", Text, nullable=False),
    Column("predicted_category", Text, nullable=False),
    Column("predicted_sentiment", Text, nullable=False),
    Column("predicted_urgency", Text, nullable=False),
    # What the person called right; NULL where they said nothing.
    Column("category", Text),
    Column("sentiment", Text),
    Column("urgency", Text),
    Column("actor", Text, nullable=False),
    Column("comment", Text),
    Column("decides", Boolean, nullable=False),
    _moment("given_at", now=True),
    CheckConstraint("num_nonnulls(category, sentiment, urgency) > 0", name="says_something"),
    Index("ix_feedback_inquiry_id", "inquiry_id", "id"),
    Index("ix_feedback_prediction_id", "prediction_id"),
    Index("ix_feedback_given", "given_at"),
)

performance_metrics = Table(
    "performance_metrics",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _moment("measured_at", nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("labels", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index("ix_performance_metrics_measured", "measured_at"),
    Index("ix_performance_metrics_name_measured", "name", text("measured_at DESC")),
)
