"""Queries on inquiries: store, find, page through, change status, and the two queues that they can wait in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
    tuple_,
    update,
)

from inquiry_pipeline.core.assessment import StoredInquiry
from inquiry_pipeline.core.errors import IllegalStatusChange, NotFound
from inquiry_pipeline.core.inquiry import NEXT_STATUS, SET_BY_PIPELINE, Inquiry, Status
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.store import directory, history, rows, tables

_i = tables.inquiries.c
_SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")


def insert_inquiry(connection: Connection, inquiry: Inquiry) -> None:
    """Store a new inquiry as it was received."""
    connection.execute(insert(tables.inquiries), rows.inquiry_row(inquiry))


def load(connection: Connection, ids: Iterable[UUID]) -> list[Inquiry]:
    """The inquiries with these ids, in no particular order; unknown ids are left out."""
    found = connection.execute(select(*tables.INQUIRY).where(_i.id.in_(list(ids)))).mappings()
    return [rows.inquiry_of(row) for row in found]


def get(connection: Connection, inquiry_id: UUID) -> StoredInquiry:
    """One inquiry with its current prediction, decision and history. Raises `NotFound`."""
    row = connection.execute(select(*tables.INQUIRY).where(_i.id == inquiry_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no inquiry {inquiry_id}")
    return with_answers(connection, [row], whole=True)[0]


def is_assessed(connection: Connection, inquiry_id: UUID) -> bool:
    """Whether an inquiry has its prediction and decision."""
    status = connection.execute(select(_i.status).where(_i.id == inquiry_id)).scalar_one_or_none()
    return status not in (None, Status.RECEIVED, Status.CLASSIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryFilter:
    """What a list of inquiries is narrowed to; None means no restriction. Times are on `received_at`.

    `waiting` is without a consultant; `abstained` has a category that was only a suggestion.
    """

    status: Status | None = None
    department: str | None = None
    category: str | None = None
    urgency: str | None = None
    consultant: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    sentiment: str | None = None
    priority: str | None = None
    language: str | None = None
    channel: str | None = None
    escalated: bool | None = None
    abstained: bool | None = None
    waiting: bool | None = None


def page(
    connection: Connection, *, wanted: InquiryFilter, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[StoredInquiry]:
    """The newest `limit` inquiries that match, or those that follow the key `after` (received_at, id)."""
    query = page_query(wanted, limit=limit, after=after)
    return with_answers(connection, connection.execute(query).mappings().all())


def page_query(wanted: InquiryFilter, *, limit: int, after: tuple[datetime, UUID] | None) -> Select[Any]:
    """The query behind `page`, which must be answered from an index whatever the filter."""
    rare = _without_own_index(wanted)
    if not rare:
        return _newest(_filtered(select(*tables.INQUIRY), wanted), limit=limit, after=after)
    # First the ids, from an index that carries all of this: a rare label is not looked for among the texts.
    found = _newest(_filtered(select(_i.id), wanted).where(*rare), limit=limit, after=after)
    query = select(*tables.INQUIRY).where(_i.id.in_(found.scalar_subquery()))
    return query.order_by(_i.received_at.desc(), _i.id.desc())


def _newest(query: Select[Any], *, limit: int, after: tuple[datetime, UUID] | None) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(_i.received_at, _i.id) < tuple_(*after))
    return query.order_by(_i.received_at.desc(), _i.id.desc()).limit(limit)


def _without_own_index(wanted: InquiryFilter) -> list[ColumnElement[bool]]:
    """What no index is sorted by, but the one by time carries."""
    exact: Mapping[Any, Any] = {
        _i.sentiment: wanted.sentiment,
        _i.priority: wanted.priority,
        _i.language: wanted.language,
        _i.channel: wanted.channel,
    }
    conditions = [column == value for column, value in exact.items() if value is not None]
    # As the partial indexes of these say it, which serve a page of what few inquiries are.
    said = {tables.ESCALATED: wanted.escalated, tables.ABSTAINED: wanted.abstained, tables.WAITING: wanted.waiting}
    for condition, value in said.items():
        if value is not None:
            holds = literal_column(f"({condition})", Boolean)
            conditions.append(holds if value else ~holds)
    return conditions


def _filtered(query: Select[Any], wanted: InquiryFilter) -> Select[Any]:
    exact: Mapping[Any, Any] = {
        _i.status: wanted.status,
        _i.department: wanted.department,
        _i.category: wanted.category,
        _i.urgency: wanted.urgency,
        _i.consultant_id: wanted.consultant,
    }
    query = query.where(true(), *(column == value for column, value in exact.items() if value is not None))
    if wanted.since is not None:
        query = query.where(_i.received_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_i.received_at < wanted.until)
    if wanted.words is not None:
        query = query.where(tables.inquiries.c.words.op("@@")(func.websearch_to_tsquery(_SIMPLE, wanted.words)))
    return query


def with_answers(connection: Connection, found: Sequence[RowMapping], *, whole: bool = False) -> list[StoredInquiry]:
    """Join each inquiry with its current prediction and decision in two further queries, not two a row."""
    ids = [row["id"] for row in found]
    predictions = current_predictions(connection, ids)
    decisions = current_decisions(connection, ids)
    names = _names(connection, {row["consultant_id"] for row in found} - {None})
    return [
        StoredInquiry(
            inquiry=rows.inquiry_of(row),
            updated_at=row["updated_at"],
            prediction=predictions.get(row["id"]),
            decision=decisions.get(row["id"]),
            consultant_name=names.get(row["consultant_id"]),
            history=history.steps(connection, row["id"], row["routed_at"]) if whole else (),
            labels=rows.labels_of(row),
        )
        for row in found
    ]


def current_predictions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Prediction]:
    """The current prediction of each of these inquiries."""
    p = tables.predictions.c
    query = select(tables.predictions).where(p.inquiry_id.in_(ids), p.is_current)
    return {row["inquiry_id"]: rows.prediction_of(row) for row in connection.execute(query).mappings()}


def current_decisions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, RoutingDecision]:
    """The current routing decision of each of these inquiries."""
    d = tables.routing_decisions.c
    query = select(tables.routing_decisions).where(d.inquiry_id.in_(ids), d.is_current)
    return {row["inquiry_id"]: rows.decision_of(row) for row in connection.execute(query).mappings()}


def _names(connection: Connection, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    c = tables.consultants.c
    found = connection.execute(select(c.id, c.name).where(c.id.in_(ids)))
    return {row.id: row.name for row in found}


def change_status(
    connection: Connection, inquiry_id: UUID, *, to: Status, actor: str | None = None, reason: str | None = None
) -> frozenset[str]:
    """Take a person's step, and remember whose and why; returns the departments whose queues may now move.

    Whoever resolves has room for something else; whatever is reopened goes back to its consultant if they are there
    and have room, and else into the queue. Raises `NotFound`, or `IllegalStatusChange` naming the steps that are open.
    """
    query = select(_i.status, _i.consultant_id, _i.department).where(_i.id == inquiry_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no inquiry {inquiry_id}")
    now = Status(row.status)
    _refuse_illegal(now, to)
    if to is Status.IN_PROGRESS and row.consultant_id is None:
        raise IllegalStatusChange("An inquiry that waits for a consultant cannot be in progress")
    changes: dict[str, Any] = {"status": to, "updated_at": func.now()}
    changes |= {"resolved_at": func.now()} if to is Status.RESOLVED else {"resolved_at": None}
    if to is Status.REOPENED and not directory.has_room(connection, row.consultant_id, row.department):
        changes |= {"consultant_id": None, "review_at": func.now()}
    connection.execute(update(tables.inquiries).where(_i.id == inquiry_id).values(changes))
    history.note_step(connection, inquiry_id, now, to, actor=actor, reason=reason)
    if to is Status.RESOLVED and row.consultant_id is not None:
        return directory.departments_of(connection, row.consultant_id)
    return frozenset()


def _refuse_illegal(now: Status, to: Status) -> None:
    if to in SET_BY_PIPELINE:
        raise IllegalStatusChange(f"{to} is set by the pipeline itself; this inquiry is {now}")
    if to not in NEXT_STATUS[now]:
        steps = ", ".join(sorted(NEXT_STATUS[now] - SET_BY_PIPELINE)) or "none by hand yet: the pipeline is at work"
        raise IllegalStatusChange(f"An inquiry that is {now} cannot become {to}; possible now: {steps}")


SERVED: Final = (_i.priority_score.desc(), _i.received_at, _i.id)
"""The order in which inquiries are served: that of `QueuePlace`."""


class QueuePlace(NamedTuple):
    """A place in a waiting queue; they sort as they are served: most urgent first, then oldest, then by id."""

    minus_priority: float
    received_at: datetime
    inquiry_id: UUID


def waiting(connection: Connection, departments: Iterable[str], *, limit: int) -> list[QueuePlace]:
    """The heads of these departments' waiting queues, `limit` each, locked.

    Rows that another process is changing are skipped, so this never waits.
    """
    heads: list[QueuePlace] = []
    for department in departments:
        query = queue_head(department, limit=limit).with_for_update(skip_locked=True)
        heads += [QueuePlace(*row) for row in connection.execute(query)]
    return heads


def queue_head(department: str, *, limit: int, after: QueuePlace | None = None) -> Select[Any]:
    """The first `limit` places of a department's waiting queue, or those behind the place `after`, as the columns of
    `QueuePlace`.
    """
    query = select(-_i.priority_score, _i.received_at, _i.id).where(_i.department == department, text(tables.WAITING))
    if after is not None:
        # The first says the same again, in a form that the index can begin at.
        query = query.where(_i.priority_score <= -after.minus_priority)
        query = query.where(tuple_(-_i.priority_score, _i.received_at, _i.id) > tuple_(*after))
    return query.order_by(*SERVED).limit(limit)


def departments_waiting(connection: Connection) -> dict[str, int]:
    """How many inquiries wait for a consultant, by department."""
    query = select(_i.department, func.count()).where(text(tables.WAITING)).group_by(_i.department)
    return dict(connection.execute(query).all())
