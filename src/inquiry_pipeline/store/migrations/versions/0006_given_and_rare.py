"""Which decisions gave an inquiry to somebody, and pages of what few inquiries are.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from inquiry_pipeline.store.migrations.live_indexes import replace_indexes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEWEST = "received_at DESC, id DESC"
_RARE = {
    "ix_inquiries_escalated_received": f"inquiries ({_NEWEST}) WHERE escalation_level > 0",
    "ix_inquiries_abstained_received": f"inquiries ({_NEWEST}) WHERE abstained",
}
_GIVEN = "coalesce(given, is_current) AND consultant_id IS NOT NULL"


def upgrade() -> None:
    """Add a column and indexes. Decisions that are stored already, and those of older programs, have NULL in it."""
    op.execute("ALTER TABLE routing_decisions ADD COLUMN IF NOT EXISTS given boolean")
    given = f"routing_decisions (stored_at DESC, consultant_id) WHERE {_GIVEN}"
    replace_indexes(_RARE | {"ix_routing_decisions_given": given})


def downgrade() -> None:
    """Drop them."""
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table can be changed while a trigger of it is due
    for name in (*_RARE, "ix_routing_decisions_given"):
        op.execute(f"DROP INDEX {name}")
    op.drop_column("routing_decisions", "given")
    op.execute(
        "CREATE INDEX ix_routing_decisions_given ON routing_decisions (stored_at DESC, consultant_id)"
        " WHERE is_current AND consultant_id IS NOT NULL"
    )
