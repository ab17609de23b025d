"""What people do: judge a prediction, take an inquiry or hand it over, look at its history and at their own queue."""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from inquiry_pipeline.core.errors import NotFound, StoreBusy, StoreUnavailable
from inquiry_pipeline.entrypoints.api import PREFIX, fields
from inquiry_pipeline.entrypoints.api.casework import (
    AssignmentRequest,
    FeedbackRequest,
    HistoryAnswer,
    QueueAnswer,
    WaitingAnswer,
    history_answer,
)
from inquiry_pipeline.entrypoints.api.paging import place_cursor, place_of
from inquiry_pipeline.entrypoints.api.schemas import (
    InquiryAnswer,
    ProblemAnswer,
    consultant_answer,
    inquiry_answer,
    inquiry_summary,
)
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import desks, directory, history, inquiries


def casework_routes(pipeline: Pipeline) -> APIRouter:
    """The endpoints for people at work, over one pipeline."""
    router = APIRouter(prefix=PREFIX)
    _corrections(router, pipeline)
    _assignments(router, pipeline)
    _history(router, pipeline)
    _waiting(router, pipeline)
    _desks(router, pipeline)
    return router


def _corrections(router: APIRouter, pipeline: Pipeline) -> None:
    @router.post(
        "/inquiries/{inquiry_id}/feedback",
        tags=["inquiries"],
        status_code=HTTPStatus.CREATED,
        responses={
            404: {"model": ProblemAnswer},
            409: {"model": ProblemAnswer, "description": "It is not assessed yet"},
            422: {
                "model": ProblemAnswer,
                "description": "A field is wrong, or nobody knows the category",
            },
        },
    )
    def give_feedback(inquiry_id: UUID, feedback: FeedbackRequest) -> InquiryAnswer:
        """Say which labels are right. Every word is kept beside the prediction, which never changes; the last counts.

        The labels of the inquiry follow at once. Where it is decided again, who has it keeps it if it is still theirs;
        else it goes through the queue of its department. What is resolved stays where it is until it is reopened.
        """
        freed = pipeline.correct(inquiry_id, feedback.judgement())
        return _answer(pipeline, inquiry_id, freed)


def _assignments(router: APIRouter, pipeline: Pipeline) -> None:
    @router.post(
        "/inquiries/{inquiry_id}/assignment",
        tags=["inquiries"],
        responses={
            404: {"model": ProblemAnswer},
            409: {
                "model": ProblemAnswer,
                "description": "Somebody else has it, the consultant is away or unknown, or the inquiry is not open",
            },
        },
    )
    def assign_inquiry(inquiry_id: UUID, assignment: AssignmentRequest) -> InquiryAnswer:
        """Take an inquiry, hand it over, or give it back to the queue.

        Of two who take the same inquiry, the first gets it and the second a 409 that says who has it. A full desk
        stops nobody, but is noted. What was in progress and goes to somebody else is `routed` again. Who gives an
        inquiry back is not given it again by the queue, until it escalates.
        """
        freed = pipeline.hand_over(inquiry_id, assignment.handover())
        return _answer(pipeline, inquiry_id, freed)


def _answer(pipeline: Pipeline, inquiry_id: UUID, freed: frozenset[str]) -> InquiryAnswer:
    """The inquiry as it stands now, after whoever has room again has got what waits."""
    # What was asked for is done; what follows from it the worker would do within a second.
    with suppress(StoreUnavailable, StoreBusy):
        if freed:
            pipeline.assign_waiting(freed)
    with pipeline.database.transaction() as connection:
        return inquiry_answer(inquiries.get(connection, inquiry_id))


def _history(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/inquiries/{inquiry_id}/history", tags=["inquiries"], responses={404: {"model": ProblemAnswer}})
    def inquiry_history(inquiry_id: UUID) -> HistoryAnswer:
        """All that happened to an inquiry in one line: steps, decisions, corrections; with who did it and why."""
        with pipeline.database.transaction() as connection:
            return history_answer(inquiry_id, history.of(connection, inquiry_id))


def _waiting(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/queue", tags=["operations"], responses={422: {"model": ProblemAnswer}})
    def waiting_queue(
        department: Annotated[fields.Name | None, Query(description="The queue of one department alone")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> WaitingAnswer:
        """What waits for a consultant, in the order in which it is handed out: the most urgent first, then the oldest.

        What comes into the queue meanwhile may stand before the next page.
        """
        after = place_of(cursor)
        with pipeline.database.transaction() as connection:
            totals = desks.waiting_totals(connection, department=department)
            found = desks.waiting(connection, totals.by_department, limit=limit + 1, after=after)
        items = found[:limit]
        return WaitingAnswer(
            totals=dict(totals.by_department),
            oldest_received_at=totals.oldest_received_at,
            items=[inquiry_summary(one) for one in items],
            next_cursor=place_cursor(desks.place_of(items[-1])) if len(found) > limit else None,
        )


def _desks(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("/consultants/{consultant_id}/queue", tags=["operations"], responses={404: {"model": ProblemAnswer}})
    def consultant_queue(
        consultant_id: Annotated[fields.Name, Path()],
        limit: Annotated[int, Query(ge=1, le=200, description="How many of `items` and of `waiting` at most")] = 50,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> QueueAnswer:
        """A consultant's open inquiries by priority, and beside them what waits in their departments."""
        after = place_of(cursor)
        pipeline.rules()
        with pipeline.database.transaction() as connection:
            states = directory.list_consultants(connection, ids=[consultant_id])
            if not states:
                raise NotFound(f"There is no consultant {consultant_id!r}")
            departments = states[0].consultant.departments
            found = desks.on_desk(connection, consultant_id, limit=limit + 1, after=after)
            waiting = desks.waiting(connection, departments, limit=limit)
            totals = inquiries.departments_waiting(connection)
        items = found[:limit]
        return QueueAnswer(
            consultant=consultant_answer(states[0]),
            items=[inquiry_summary(one) for one in items],
            next_cursor=place_cursor(desks.place_of(items[-1])) if len(found) > limit else None,
            waiting=[inquiry_summary(one) for one in waiting],
            waiting_total={department: totals.get(department, 0) for department in departments},
        )
