"""Submitting, classifying, finding and changing inquiries."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from uuid_utils.compat import uuid7

from inquiry_pipeline.core.assessment import StoredInquiry
from inquiry_pipeline.core.errors import StoreBusy, StoreUnavailable
from inquiry_pipeline.core.inquiry import Message, Status
from inquiry_pipeline.entrypoints.answers import ExplainedPrediction, PredictionAnswer
from inquiry_pipeline.entrypoints.api import PREFIX, fields
from inquiry_pipeline.entrypoints.api.explanations import InquiryExplanation, inquiry_explanation
from inquiry_pipeline.entrypoints.api.paging import cursor_of, key_of
from inquiry_pipeline.entrypoints.api.schemas import (
    ClassifyRequest,
    ExplainedPredictionsAnswer,
    InquiryAnswer,
    InquiryPage,
    InquiryQuery,
    InquirySubmission,
    PredictionsAnswer,
    ProblemAnswer,
    StatusPatch,
    SubmissionAnswer,
    inquiry_answer,
    inquiry_summary,
)
from inquiry_pipeline.entrypoints.api.submission import key_for, submit
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import inquiries
from inquiry_pipeline.store.inquiries import InquiryFilter

_PREFIX = f"{PREFIX}/inquiries"
_IdempotencyHeader = Annotated[
    fields.IdempotencyKeyText | None,
    Header(alias="Idempotency-Key", description="Sending the same request again with the same key changes nothing"),
]
_PreferHeader = Annotated[
    str | None, Header(alias="Prefer", description="`respond-async`: answer 202 at once, a worker does the rest")
]

_ExplainQuery = Annotated[
    fields.Flag, Query(description="Also give the words that moved each answer (some forty times the work)")
]
_MOST_EXPLAINED: Final = 4


def inquiry_routes(pipeline: Pipeline) -> APIRouter:
    """The endpoints on inquiries, over one pipeline."""
    router = APIRouter(prefix=_PREFIX, tags=["inquiries"])
    _submission(router, pipeline)
    _classification(router, pipeline)
    _reading(router, pipeline)
    return router


def _submission(router: APIRouter, pipeline: Pipeline) -> None:
    @router.post(
        "/submit",
        status_code=HTTPStatus.CREATED,
        response_model=SubmissionAnswer,
        responses={
            202: {"model": SubmissionAnswer, "description": "Accepted; a worker assesses it. See `Location`."},
            413: {"model": ProblemAnswer},
            422: {"model": ProblemAnswer, "description": "Something is wrong with a field, or with the key"},
            503: {"model": ProblemAnswer, "description": "The database is away. Send it again, best with a key"},
        },
    )
    def submit_inquiry(
        submission: InquirySubmission, idempotency_key: _IdempotencyHeader = None, prefer: _PreferHeader = None
    ) -> Response:
        """Submit an inquiry: it is stored, classified, prioritised and given to a consultant.

        Whatever happens after the answer 201 or 202, the inquiry is not lost. `Idempotency-Key` makes it safe to
        send again: the stored answer comes back, marked `Idempotent-Replayed: true`.
        """
        inquiry = submission.inquiry(uuid7(), datetime.now(UTC))
        key = key_for(idempotency_key, submission)
        reply = submit(pipeline, inquiry, key=key, respond_async=_wants_async(prefer))
        headers = {"Location": f"{_PREFIX}/{reply.inquiry_id}"}
        if reply.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Response(reply.content, reply.status, headers=headers, media_type="application/json")


def _classification(router: APIRouter, pipeline: Pipeline) -> None:
    @router.post(
        "/classify",
        response_model=ExplainedPrediction | ExplainedPredictionsAnswer | PredictionAnswer | PredictionsAnswer,
        responses={422: {"model": ProblemAnswer}},
    )
    def classify_text(
        request: Annotated[ClassifyRequest, Body()],
        *,
        explain: _ExplainQuery = False,
    ) -> PredictionAnswer | PredictionsAnswer | ExplainedPredictionsAnswer:
        """Classify one text, or up to 256 of them in `items`, as if received now. Nothing is stored.

        With `explain=true` each answer carries the words that moved it, for up to 4 texts.
        """
        many = request.items is not None
        messages = request.messages(datetime.now(UTC))
        if explain:
            _refuse_many(messages)
        predictions = pipeline.classify(messages, interactive=not many)
        if not explain:
            answers = [PredictionAnswer.model_validate(prediction) for prediction in predictions]
            return PredictionsAnswer(items=answers) if many else answers[0]
        explained = [
            ExplainedPrediction.explaining(prediction, pipeline.predictor.explain(message))
            for message, prediction in zip(messages, predictions, strict=True)
        ]
        return ExplainedPredictionsAnswer(items=explained) if many else explained[0]


def _refuse_many(messages: Sequence[Message]) -> None:
    if len(messages) > _MOST_EXPLAINED:
        message = f"at most {_MOST_EXPLAINED} texts can be explained in one request, these are {len(messages)}"
        raise RequestValidationError([{"type": "too_long", "loc": ("body", "items"), "msg": message}])


def _wants_async(prefer: str | None) -> bool:
    preferences = (one.split(";")[0].strip().lower() for one in (prefer or "").split(","))
    return "respond-async" in preferences


def _reading(router: APIRouter, pipeline: Pipeline) -> None:
    @router.get("", responses={422: {"model": ProblemAnswer}})
    def list_inquiries(query: Annotated[InquiryQuery, Query()]) -> InquiryPage:
        """List inquiries, newest first, narrowed by any of the parameters together.

        What is rare is looked for back in time until the page is full, through all that is stored if need be; that is
        quick for what has an index of its own: status, department, category, urgency, consultant, `q`, and what is
        escalated, abstained or waiting. For a rare priority, sentiment, language or channel alone, give `since`.
        """
        wanted = InquiryFilter(
            **query.model_dump(exclude={"q", "limit", "cursor"}),
            words=query.q,
        )
        after = key_of(query.cursor)
        with pipeline.database.transaction() as connection:
            found = inquiries.page(connection, wanted=wanted, limit=query.limit + 1, after=after)
        items = found[: query.limit]
        following = _key(items[-1]) if len(found) > query.limit else None
        return InquiryPage(items=[inquiry_summary(one) for one in items], next_cursor=following)

    @router.get("/{inquiry_id}", responses={404: {"model": ProblemAnswer}})
    def get_inquiry(inquiry_id: UUID) -> InquiryAnswer:
        """Everything about one inquiry: its text, prediction, decision record, and history."""
        with pipeline.database.transaction() as connection:
            return inquiry_answer(inquiries.get(connection, inquiry_id))

    @router.get("/{inquiry_id}/explanation", responses={404: {"model": ProblemAnswer}})
    def explain_inquiry(inquiry_id: UUID) -> InquiryExplanation:
        """The words that moved the answers about an inquiry, as of when it was received.

        The model that is loaded now is explained: `remarks` say where it is not the one of the stored prediction, or
        would answer otherwise. Nothing is stored or decided again.
        """
        with pipeline.database.transaction() as connection:
            stored = inquiries.get(connection, inquiry_id)
        return inquiry_explanation(stored, pipeline.predictor.explain(stored.inquiry.message))

    @router.patch(
        "/{inquiry_id}",
        responses={404: {"model": ProblemAnswer}, 409: {"model": ProblemAnswer, "description": "Not a legal step"}},
    )
    def change_inquiry(inquiry_id: UUID, patch: StatusPatch) -> InquiryAnswer:
        """Take an inquiry a step further: routed → in_progress → resolved → reopened → in_progress."""
        with pipeline.database.transaction() as connection:
            freed = inquiries.change_status(
                connection, inquiry_id, to=patch.status, actor=patch.actor, reason=patch.reason
            )
            changed = inquiry_answer(inquiries.get(connection, inquiry_id))
        # The step is taken; what follows from it the worker would do within a second.
        with suppress(StoreUnavailable, StoreBusy):
            if patch.status is Status.REOPENED:
                pipeline.review()
                with pipeline.database.transaction() as connection:
                    changed = inquiry_answer(inquiries.get(connection, inquiry_id))
            if freed:
                pipeline.assign_waiting(freed)
        return changed


def _key(stored: StoredInquiry) -> str:
    return cursor_of((stored.inquiry.received_at, stored.inquiry.id))
