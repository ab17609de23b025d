"""What happened to an inquiry: the steps of its status, every decision on it, and what people said."""

from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

from inquiry_pipeline.core.assessment import DatedDecision, History, StatusChange
from inquiry_pipeline.core.errors import NotFound
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.store import feedback, rows, tables

_s = tables.status_changes.c


def of(connection: Connection, inquiry_id: UUID) -> History:
    """Everything that happened to an inquiry. Raises `NotFound`."""
    i, d = tables.inquiries.c, tables.routing_decisions.c
    row = connection.execute(select(i.routed_at).where(i.id == inquiry_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no inquiry {inquiry_id}")
    stored_at = func.coalesce(d.stored_at, d.decided_at).label("stored")
    decisions = select(tables.routing_decisions, stored_at).where(d.inquiry_id == inquiry_id).order_by(d.id)
    return History(
        steps=steps(connection, inquiry_id, row.routed_at),
        decisions=tuple(
            DatedDecision(decision=rows.decision_of(one), stored_at=one["stored"], current=one["is_current"])
            for one in connection.execute(decisions).mappings()
        ),
        feedback=feedback.given(connection, [inquiry_id]).get(inquiry_id, ()),
    )


def steps(connection: Connection, inquiry_id: UUID, routed_at: datetime | None) -> tuple[StatusChange, ...]:
    """The pipeline's two steps, which it takes in one transaction, and then those that people took."""
    if routed_at is None:
        return ()
    first = (Status.RECEIVED, Status.CLASSIFIED, Status.ROUTED)
    own = [StatusChange(from_status=a, to_status=b, changed_at=routed_at) for a, b in pairwise(first)]
    query = select(_s.from_status, _s.to_status, _s.changed_at, _s.actor, _s.reason)
    query = query.where(_s.inquiry_id == inquiry_id).order_by(_s.id)
    return (*own, *(StatusChange(**step) for step in connection.execute(query).mappings()))


def note_step(
    connection: Connection, inquiry_id: UUID, now: Status, to: Status, *, actor: str | None, reason: str | None
) -> None:
    """Remember a step, who took it or caused it, and why."""
    step = {"inquiry_id": inquiry_id, "from_status": now, "to_status": to, "actor": actor, "reason": reason}
    connection.execute(insert(tables.status_changes).values(changed_at=func.clock_timestamp(), **step))
