"""What lies on a consultant's desk, and what waits in the queues beside it: both in the order in which it is served."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select, text, tuple_

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


def waiting(connection: Connection, departments: Iterable[str], *, limit: int) -> list[StoredInquiry]:
    """The first `limit` that wait in these departments' queues together, the most urgent first. Locks nothing."""
    heads: list[QueuePlace] = []
    for department in departments:
        heads += [QueuePlace(*row) for row in connection.execute(queue_head(department, limit=limit))]
    first = [place.inquiry_id for place in sorted(heads)[:limit]]
    found = connection.execute(select(*tables.INQUIRY).where(_i.id.in_(first)).order_by(*SERVED)).mappings()
    return with_answers(connection, found.all())


def place_of(stored: StoredInquiry) -> QueuePlace:
    """Where an inquiry stands among others on a desk or in a queue; it must be assessed."""
    score = stored.decision.priority_score if stored.decision else 0.0
    return QueuePlace(-score, stored.inquiry.received_at, stored.inquiry.id)
