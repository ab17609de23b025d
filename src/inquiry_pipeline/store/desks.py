"""What lies on a consultant's desk, and what waits in the queues beside it: both in the order in which it is served."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, text, tuple_

from inquiry_pipeline.core.assessment import StoredInquiry
from inquiry_pipeline.store import tables
from inquiry_pipeline.store.inquiries import QueuePlace, with_answers

_i = tables.inquiries.c
_SERVED = (_i.priority_score.desc(), _i.received_at, _i.id)


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
    return query.order_by(*_SERVED).limit(limit)


def waiting(connection: Connection, departments: Iterable[str], *, limit: int) -> list[StoredInquiry]:
    """The first `limit` that wait in these departments' queues together, the most urgent first. Locks nothing."""
    heads: list[tuple[float, Any, UUID]] = []
    for department in departments:
        heads += [tuple(row) for row in connection.execute(_head_query(department, limit=limit))]
    first = [key for _, _, key in sorted(heads)[:limit]]
    found = connection.execute(select(*tables.INQUIRY).where(_i.id.in_(first)).order_by(*_SERVED)).mappings()
    return with_answers(connection, found.all())


def _head_query(department: str, *, limit: int) -> Select[Any]:
    return (
        select(-_i.priority_score, _i.received_at, _i.id)
        .where(_i.department == department, text(tables.WAITING))
        .order_by(*_SERVED)
        .limit(limit)
    )


def place_of(stored: StoredInquiry) -> QueuePlace:
    """Where an inquiry stands among others on a desk or in a queue; it must be assessed."""
    score = stored.decision.priority_score if stored.decision else 0.0
    return QueuePlace(-score, stored.inquiry.received_at, stored.inquiry.id)
