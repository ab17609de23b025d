"""The demo's inquiries in the database: their past set right, and all of them removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, select, text

from inquiry_pipeline.store import tables

DEMO: Final = "inquiry_demo"
"""The key in an inquiry's metadata that marks it as part of a demo; nobody else should use it."""
_i = tables.inquiries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """When what happened to an inquiry."""

    inquiry_id: UUID
    received_at: datetime
    routed_at: datetime
    begun_at: datetime | None = None
    resolved_at: datetime | None = None


def backdate(connection: Connection, lives: Sequence[Life]) -> None:
    """Let what was stored now about these inquiries have happened when it should have."""
    known = {
        "ids": [one.inquiry_id for one in lives],
        "received": [one.received_at for one in lives],
        "routed": [one.routed_at for one in lives],
        "begun": [one.begun_at for one in lives],
        "resolved": [one.resolved_at for one in lives],
    }
    for change in _BACKDATE:
        connection.execute(text(_LIVES + change), known)


def marked(connection: Connection) -> list[UUID]:
    """Every inquiry of a demo. Reads the whole table once, however long that takes: no index is kept for demos."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    return list(connection.execute(select(_i.id).where(_i.metadata.has_key(DEMO))).scalars())


def remove(connection: Connection, ids: Sequence[UUID]) -> int:
    """Delete these inquiries with all that hangs on them, as far as they are there; returns how many that were."""
    return connection.execute(delete(tables.inquiries).where(_i.id.in_(ids))).rowcount


def forget_measured(connection: Connection, *, since: datetime) -> None:
    """Delete what a running pipeline measured of itself since then.

    While a past is filled, each inquiry of it looks for a moment as if it had waited for days.
    """
    connection.execute(text("DELETE FROM performance_metrics WHERE measured_at >= :since"), {"since": since})


_LIVES: Final = (
    "WITH lives AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:received AS timestamptz[]),"
    " CAST(:routed AS timestamptz[]), CAST(:begun AS timestamptz[]), CAST(:resolved AS timestamptz[]))"
    " AS life(inquiry_id, received_at, routed_at, begun_at, resolved_at)) "
)
_BACKDATE: Final = (
    "UPDATE inquiries SET routed_at = life.routed_at, resolved_at = life.resolved_at,"
    " updated_at = coalesce(life.resolved_at, life.begun_at, life.routed_at)"
    " FROM lives AS life WHERE id = life.inquiry_id",
    "UPDATE predictions AS p SET created_at = life.routed_at FROM lives AS life WHERE p.inquiry_id = life.inquiry_id",
    # The first decision is the pipeline's, any later one follows from a correction.
    "UPDATE routing_decisions AS d SET decided_at = moved.at, stored_at = moved.at FROM ("
    " SELECT other.id, CASE WHEN row_number() OVER (PARTITION BY other.inquiry_id ORDER BY other.id) = 1"
    " THEN life.routed_at ELSE coalesce(life.begun_at, life.routed_at) END AS at"
    " FROM routing_decisions AS other JOIN lives AS life USING (inquiry_id)) AS moved WHERE d.id = moved.id",
    "UPDATE feedback AS f SET given_at = coalesce(life.begun_at, life.routed_at)"
    " FROM lives AS life WHERE f.inquiry_id = life.inquiry_id",
    "UPDATE status_changes AS s SET changed_at = CASE WHEN s.to_status = 'resolved' THEN life.resolved_at"
    " ELSE coalesce(life.begun_at, life.routed_at) END FROM lives AS life WHERE s.inquiry_id = life.inquiry_id",
)
