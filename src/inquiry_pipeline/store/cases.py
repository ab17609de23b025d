"""Inquiries in hand: locked, with all that deciding on them again needs.

The row of an inquiry is the lock on its current decision: who changes that holds it first. So two people, or a person
and the worker's review, take turns, and each sees what the other left.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select, text, update

from inquiry_pipeline.core.assessment import Case
from inquiry_pipeline.core.errors import NotAssessed, NotFound
from inquiry_pipeline.core.feedback import Labels
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.store import feedback, history, rows, tables
from inquiry_pipeline.store.inquiries import current_decisions, current_predictions

_i = tables.inquiries.c


def lock(connection: Connection, inquiry_id: UUID) -> Case:
    """One inquiry, waited for and locked until the transaction ends. Raises `NotFound`, `NotAssessed`."""
    row = connection.execute(select(*tables.INQUIRY).where(_i.id == inquiry_id).with_for_update()).mappings().first()
    if row is None:
        raise NotFound(f"There is no inquiry {inquiry_id}")
    if row["routed_at"] is None:
        raise NotAssessed(f"Inquiry {inquiry_id} is {row['status']}: try again when it is assessed")
    return _cases(connection, [row])[inquiry_id]


def due_for_review(connection: Connection, now: datetime, *, limit: int) -> dict[UUID, Case]:
    """Inquiries that nobody has begun and whose decision may have to change.

    Longest due first, locked; what another process is changing is left out.
    """
    query = (
        select(*tables.INQUIRY)
        .where(_i.review_at <= now, text(f"review_at IS NOT NULL AND {tables.REVIEWED}"))
        .order_by(_i.review_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _cases(connection, connection.execute(query).mappings().all())


def _cases(connection: Connection, found: Sequence[RowMapping]) -> dict[UUID, Case]:
    ids = [row["id"] for row in found]
    predictions, decisions = current_predictions(connection, ids), current_decisions(connection, ids)
    said = feedback.given(connection, ids)
    return {
        row["id"]: Case(
            inquiry=rows.inquiry_of(row),
            holder=row["consultant_id"],
            labels=rows.labels_of(row) or _predicted(predictions[row["id"]]),
            prediction=predictions[row["id"]],
            decision=decisions[row["id"]],
            feedback=said.get(row["id"], ()),
        )
        for row in found
    }


def _predicted(prediction: Prediction) -> Labels:
    return Labels(category=prediction.category, sentiment=prediction.sentiment, urgency=prediction.urgency)


def take_away(connection: Connection, ids: Sequence[UUID]) -> None:
    """Take inquiries from their consultants, so that they no longer count as their load."""
    connection.execute(update(tables.inquiries).where(_i.id.in_(ids)).values(consultant_id=None))


def begin_anew(connection: Connection, case: Case, *, actor: str, reason: str | None) -> None:
    """What was in progress and went to somebody else is not begun by them: it is routed again."""
    if case.inquiry.status is not Status.IN_PROGRESS:
        return
    change = update(tables.inquiries).where(_i.id == case.inquiry.id)
    connection.execute(change.values(status=Status.ROUTED, updated_at=func.now()))
    history.note_step(connection, case.inquiry.id, Status.IN_PROGRESS, Status.ROUTED, actor=actor, reason=reason)


def review_when_reopened(connection: Connection, inquiry_id: UUID) -> None:
    """Let what is resolved be decided again as soon as it is open."""
    connection.execute(update(tables.inquiries).where(_i.id == inquiry_id).values(review_at=func.now()))
