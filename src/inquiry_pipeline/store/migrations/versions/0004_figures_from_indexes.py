"""Figures over a window from indexes alone: columns that repeat what is counted, and indexes that carry it.

Made for a database at work: columns come in one short transaction, indexes are built beside those that they replace
while everybody goes on writing, and what is stored already is filled in batches. If it is stopped in between, it can be
run again.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from inquiry_pipeline.store.migrations.live_indexes import replace_indexes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTED = (
    "status, department, category, urgency, sentiment, priority, language, channel, consultant_id, priority_score,"
    " escalation_level, abstained, degraded"
)
_ANSWERED = "model_version, abstained, degraded, confidence, sentiment_confidence, urgency_confidence"
_NEWEST = "received_at DESC, id DESC"
_INDEXES = {
    "ix_inquiries_received": f"inquiries ({_NEWEST}) INCLUDE ({_COUNTED})",
    "ix_inquiries_routed": "inquiries (routed_at) INCLUDE (created_at) WHERE routed_at IS NOT NULL",
    "ix_inquiries_resolved": "inquiries (resolved_at) INCLUDE (consultant_id, routed_at) WHERE resolved_at IS NOT NULL",
    "ix_predictions_made": f"predictions (created_at DESC) INCLUDE ({_ANSWERED}) WHERE is_current",
    "ix_routing_decisions_given": "routing_decisions (stored_at DESC, consultant_id)"
    " WHERE is_current AND consultant_id IS NOT NULL",
}
_REPLACED = ("ix_predictions_created", "ix_routing_decisions_decided")

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

# Programs of the version before do not set the two columns of `inquiries`, and may run on for a while. At the end of a
# transaction, so that for those that do set them there is nothing left to change.
_REPEATED = {"routing_decisions": "escalation_level", "predictions": "degraded"}
_REPEAT = """
CREATE OR REPLACE FUNCTION repeat_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inquiries SET {column} = answer.{column} FROM {table} AS answer
    WHERE answer.id = NEW.id AND answer.is_current AND inquiries.id = answer.inquiry_id
        AND inquiries.{column} <> answer.{column};
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE CONSTRAINT TRIGGER repeat_{column} AFTER INSERT OR UPDATE OF {column} ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_current) EXECUTE FUNCTION repeat_{column}()
"""

# Locked first and read again after it: what is decided anew meanwhile keeps its new values.
_FILL = """
DO $$
DECLARE late uuid[];
BEGIN
    SELECT array_agg(held.id) INTO late FROM (
        SELECT i.id FROM routing_decisions AS d JOIN inquiries AS i ON i.id = d.inquiry_id
        JOIN predictions AS p ON p.inquiry_id = i.id AND p.is_current
        WHERE d.id > {after} AND d.id <= {upto} AND d.is_current
            AND (i.escalation_level, i.degraded) IS DISTINCT FROM (d.escalation_level, p.degraded)
        ORDER BY i.id FOR NO KEY UPDATE OF i) AS held;
    UPDATE inquiries AS i SET escalation_level = d.escalation_level, degraded = p.degraded
    FROM routing_decisions AS d, predictions AS p
    WHERE i.id = ANY (late) AND d.inquiry_id = i.id AND d.is_current AND p.inquiry_id = i.id AND p.is_current;
END $$
"""
_BATCH = 5000


def upgrade() -> None:
    """Add columns, fill them where they say something, and put wider indexes for narrow ones."""
    _add_columns()
    with op.get_context().autocommit_block():
        _fill()
    replace_indexes(_INDEXES)
    for name in _REPLACED:
        op.execute(f"DROP INDEX IF EXISTS {name}")


def _add_columns() -> None:
    # A constant default rewrites no table, and serves programs of the version before.
    op.execute("ALTER TABLE inquiries ADD COLUMN IF NOT EXISTS degraded boolean DEFAULT false NOT NULL")
    op.execute("ALTER TABLE inquiries ADD COLUMN IF NOT EXISTS escalation_level smallint DEFAULT 0 NOT NULL")
    for table, column in _REPEATED.items():
        op.execute(_REPEAT.format(table=table, column=column))
        op.execute(f"DROP TRIGGER IF EXISTS repeat_{column} ON {table}")
        op.execute(_TRIGGER.format(table=table, column=column))
    settings = ", ".join(f"{name} = {value}" for name, value in _VACUUMED.items())
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} SET ({settings})")


def _fill() -> None:
    last = op.get_bind().execute(sa.text("SELECT coalesce(max(id), 0) FROM routing_decisions")).scalar_one()
    for after in range(0, last, _BATCH):
        op.execute(_FILL.format(after=after, upto=after + _BATCH))


def downgrade() -> None:
    """Go back to the narrow indexes, and drop the columns."""
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table can be changed while a trigger of it is due
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(_VACUUMED)})")
    for table, column in _REPEATED.items():
        op.execute(f"DROP TRIGGER repeat_{column} ON {table}")
        op.execute(f"DROP FUNCTION repeat_{column}()")
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute(f"CREATE INDEX ix_inquiries_received ON inquiries ({_NEWEST})")
    op.execute("CREATE INDEX ix_inquiries_routed ON inquiries (routed_at) WHERE routed_at IS NOT NULL")
    op.execute("CREATE INDEX ix_predictions_created ON predictions (created_at DESC)")
    op.execute("CREATE INDEX ix_routing_decisions_decided ON routing_decisions (decided_at DESC)")
    op.drop_column("inquiries", "escalation_level")
    op.drop_column("inquiries", "degraded")
