"""Submitting an inquiry over HTTP: accept it, assess it at once, answer with the result, once per key."""

import hashlib
import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from uuid import UUID

from inquiry_pipeline.core.assessment import Assessment, StoredInquiry
from inquiry_pipeline.core.errors import InquiryError, describe
from inquiry_pipeline.core.inquiry import Inquiry, Status
from inquiry_pipeline.entrypoints.api.schemas import InquirySubmission, submission_answer
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store import idempotency, inquiries
from inquiry_pipeline.store.idempotency import EarlierRequest, IdempotencyKey
from inquiry_pipeline.store.work import Lease

log = logging.getLogger(__name__)

_SCOPE = "api"
_WAIT_SECONDS = 2.0
_GRACE_SECONDS = 0.5
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer's status code and JSON text, and whether it was given before."""

    inquiry_id: UUID
    status: int
    content: str
    replayed: bool = False


def key_for(key: str | None, submission: InquirySubmission) -> IdempotencyKey | None:
    """The key with a digest of the request: the same key with another request is a mistake."""
    if key is None:
        return None
    # What was left out stays out, so that a default of a later version does not make another request of it.
    sent = submission.model_dump(mode="json", exclude_unset=True)
    canonical = json.dumps(sent, sort_keys=True, ensure_ascii=True)
    return IdempotencyKey(scope=_SCOPE, key=key, fingerprint=hashlib.sha256(canonical.encode()).hexdigest())


def submit(pipeline: Pipeline, inquiry: Inquiry, *, key: IdempotencyKey | None, respond_async: bool) -> Reply:
    """Accept the inquiry and answer: 201 with its assessment, or 202 while a worker is still at it.

    From the moment that it is accepted nothing here can lose it, so no later failure is an error to the caller.
    """
    acceptance = pipeline.accept(inquiry, via="http", key=key, hold=not respond_async)
    if acceptance.earlier is not None and key is not None:
        return _replay(pipeline, key, acceptance.earlier)
    reply = _reply(_finish(pipeline, inquiry, acceptance.lease))
    if key is not None and (respond_async or reply.status == HTTPStatus.CREATED):
        # If it cannot be kept, a repeated request gets its answer from how the inquiry stands then.
        with suppress(InquiryError):
            _keep(pipeline, key, reply)
    return reply


def _finish(pipeline: Pipeline, inquiry: Inquiry, lease: Lease | None) -> StoredInquiry:
    """Assess and record what was accepted; if that fails, leave it to a worker and answer with what there is."""
    if lease is None:
        return StoredInquiry(inquiry=inquiry, updated_at=inquiry.created_at)
    try:
        recorded = pipeline.record(pipeline.assess([inquiry]), lease, by="request")
        if not recorded:  # a worker was faster, because this process stood still for the length of a lease
            return _read(pipeline, inquiry.id)
    except Exception as error:
        log.exception("assessment left to a worker", extra={"inquiry_id": str(inquiry.id)})
        pipeline.leave_to_worker(lease, describe(error))
        return StoredInquiry(inquiry=inquiry, updated_at=inquiry.created_at)
    return _as_stored(pipeline, recorded[0])


def _as_stored(pipeline: Pipeline, one: Assessment) -> StoredInquiry:
    """What the database holds after `record`, without asking it."""
    consultant = pipeline.rulebook.current.consultants.get(one.decision.consultant or "")
    return StoredInquiry(
        inquiry=replace(one.inquiry, status=Status.ROUTED),
        updated_at=one.decision.decided_at,
        prediction=one.prediction,
        decision=one.decision,
        consultant_name=consultant.name if consultant else None,
    )


def _read(pipeline: Pipeline, inquiry_id: UUID) -> StoredInquiry:
    with pipeline.database.transaction() as connection:
        return inquiries.get(connection, inquiry_id)


def _reply(stored: StoredInquiry) -> Reply:
    answer = submission_answer(stored)
    done = answer.status is not Status.RECEIVED
    return Reply(
        inquiry_id=answer.id,
        status=HTTPStatus.CREATED if done else HTTPStatus.ACCEPTED,
        content=answer.model_dump_json(),
    )


def _keep(pipeline: Pipeline, key: IdempotencyKey, reply: Reply) -> None:
    with pipeline.database.transaction() as connection:
        idempotency.store_answer(connection, key, status=reply.status, answer=reply.content)


def _replay(pipeline: Pipeline, key: IdempotencyKey, earlier: EarlierRequest) -> Reply:
    """Give the first request's answer; wait a little for it if that request is still under way."""
    give_up = time.monotonic() + _WAIT_SECONDS
    while earlier.answer is None or earlier.answer_status is None:
        if time.monotonic() > give_up:
            return replace(_reconstruct(pipeline, key, earlier.inquiry_id), replayed=True)
        time.sleep(_POLL_SECONDS)
        with pipeline.database.transaction() as connection:
            earlier = idempotency.earlier(connection, key) or earlier
            if inquiries.is_assessed(connection, earlier.inquiry_id):
                # Its answer is stored a moment after its assessment, unless the process died in between.
                give_up = min(give_up, time.monotonic() + _GRACE_SECONDS)
    return Reply(inquiry_id=earlier.inquiry_id, status=earlier.answer_status, content=earlier.answer, replayed=True)


def _reconstruct(pipeline: Pipeline, key: IdempotencyKey, inquiry_id: UUID) -> Reply:
    """The answer that the first request did not live to give, from how the inquiry stands now."""
    reply = _reply(_read(pipeline, inquiry_id))
    if reply.status == HTTPStatus.CREATED:
        _keep(pipeline, key, reply)
    return reply
