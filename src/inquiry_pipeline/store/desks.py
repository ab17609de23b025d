"""What lies on a consultant's desk, and what waits in the queues beside it: both in the order in which it is served."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, text, tuple_

from inquiry_pipeline.core.assessment import StoredInquiry
from inquiry_pipeline.store import tables
from inquiry_pipeline.store.inquiries import SERVED, QueuePlace, queue_head, with_answers

_i = tables.inquiries.c


def on_desk(
    connection: Connection, consultant_id: str, *, limit: int, after: QueuePlace | None = None
) -> list[StoredInquiry]:
    """The consultant's open inquiries, the most urgent first; from behind the place `after`."""
    query = on_desk_query(consultant_id, limit=limit, after=after)
    return with_answers(connection, connection.execute(query).mappings().all())


def on_desk_query(consultant_id: str, *, limit: int, after: QueuePlace | None) -> Select[Any]:
    """The query behind `on_desk`, which must read no more than this consultant's open inquiries."""
    query = select(*tables.INQUIRY).where(_i.consultant_id == consultant_id, text(tables.OPEN))
    if after is not None:
        query = query.where(tuple_(-_i.priority_score, _i.received_at, _i.id) > tuple_(*after))
    return query.order_by(*SERVED).limit(limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTotals:
    """How many inquiries wait for a consultant, by department, and when the oldest of them was received."""

    by_department: Mapping[str, int]
    oldest_received_at: datetime | None


def waiting_totals(connection: Connection, *, department: str | None = None) -> WaitingTotals:
    """What waits in all queues, or in one. A queue in which nothing waits is left out."""
    query = select(_i.department, func.count(), func.min(_i.received_at)).where(text(tables.WAITING))
    if department is not None:
        query = query.where(_i.department == department)
    found = connection.execute(query.group_by(_i.department).order_by(_i.department)).all()
    return WaitingTotals(
        by_department={name: number for name, number, _ in found},
        oldest_received_at=min((oldest for _, _, oldest in found), default=None),
    )


def waiting(
    connection: Connection, departments: Iterable[str], *, limit: int, after: QueuePlace | None = None
) -> list[StoredInquiry]:
    """The first `limit` that wait in these departments' queues together, or those behind the place `after`.

    The most urgent first. Locks nothing.
    """
    heads: list[QueuePlace] = []
    for department in departments:
        query = queue_head(department, limit=limit, after=after)
        heads += [QueuePlace(*row) for row in connection.execute(query)]
    first = [place.inquiry_id for place in sorted(heads)[:limit]]
    found = connection.execute(select(*tables.INQUIRY).where(_i.id.in_(first)).order_by(*SERVED)).mappings()
    return with_answers(connection, found.all())


def place_of(stored: StoredInquiry) -> QueuePlace:
    """Where an inquiry stands among others on a desk or in a queue; it must be assessed."""
    score = stored.decision.priority_score if stored.decision else 0.0
    return QueuePlace(-score, stored.inquiry.received_at, stored.inquiry.id)
