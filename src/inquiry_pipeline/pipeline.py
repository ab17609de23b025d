"""READ FIRST. What happens to an inquiry, from its arrival to its place on somebody's desk.

    accept   store it and the debt of assessing it, in one transaction: only then is it acknowledged
    assess   read it (nlp) and decide where it belongs (routing): pure computing, no transaction open
    record   settle the debt: prediction, decision and consultant, in one transaction

The HTTP request, the worker, and every later source and batch use these three verbs; nothing else in the
project classifies or routes. If a process dies between two of them, the debt is still in the database and a
worker pays it. If two processes pay at once, the lease lets only one of them write.

Two more keep the desks in order while time passes: `assign_waiting` hands out the queues when someone frees
up, and `review` decides again where age has changed the answer, or where the consultant has left. And people
have two words of their own: `correct` what was predicted, and `hand_over` to somebody, or back to the queue.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inquiry_pipeline import casework
from inquiry_pipeline.casework import Frame
from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.errors import InquiryError, StoreBusy, StoreUnavailable
from inquiry_pipeline.core.feedback import Judgement
from inquiry_pipeline.core.inquiry import Inquiry, Message
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import Handover, RoutingDecision
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.placement import hand_out
from inquiry_pipeline.routing.assignment import WaitingInquiry
from inquiry_pipeline.routing.engine import route
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.routing.rules import RuleSet
from inquiry_pipeline.store import answers, directory, idempotency, inquiries, work
from inquiry_pipeline.store.database import Connection, Database
from inquiry_pipeline.store.idempotency import EarlierRequest, IdempotencyKey
from inquiry_pipeline.store.work import Lease
from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.telemetry.tracing import Attributes, Span, Tracing, current_traceparent


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineOptions:
    """`lease`: how long an assessment may take before another process may take it over. `look_ahead`: how far
    into a department's waiting queue a new inquiry's transaction looks (`assign_waiting` looks further).
    """

    lease: timedelta = timedelta(seconds=30)
    look_ahead: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What `accept` did: the lease if the caller is to assess, or the earlier request under the same key."""

    lease: Lease | None = None
    earlier: EarlierRequest | None = None


class Pipeline:
    """The verbs, over one database, one model and one set of rules. Thread-safe."""

    def __init__(
        self,
        *,
        database: Database,
        predictor: Predictor,
        rulebook: RuleBook,
        metrics: Metrics,
        options: PipelineOptions,
        tracing: Tracing | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = database
        self.predictor = predictor
        self.rulebook = rulebook
        self.metrics = metrics
        self.tracing = tracing or Tracing()
        self.clock = clock
        self._options = options
        self._known_rules: str | None = None
        self._known_models: frozenset[str] = frozenset()

    def accept(self, inquiry: Inquiry, *, via: str, key: IdempotencyKey | None = None, hold: bool = True) -> Acceptance:
        """Store an inquiry and the debt of assessing it. Afterwards, and only then, it may be acknowledged.

        With `hold` the caller gets the lease and should assess it now; otherwise a worker does. A `key` that was
        used before stores nothing and brings back what it led to. Raises `IdempotencyConflict` if that was
        another request, `StoreUnavailable` if the database is away.
        """
        with self._stage("accept", {"inquiry.id": str(inquiry.id), "inquiry.via": via}):
            acceptance = self._accept(inquiry, key, lease_for=self._options.lease if hold else None)
        if acceptance.earlier is None:
            self.metrics.pipeline.accepted.labels(via).inc()
        return acceptance

    def _accept(self, inquiry: Inquiry, key: IdempotencyKey | None, *, lease_for: timedelta | None) -> Acceptance:
        while True:
            with self.database.transaction() as connection:
                if key is None or idempotency.reserve(connection, key, inquiry.id):
                    inquiries.insert_inquiry(connection, inquiry)
                    place = current_traceparent()
                    return Acceptance(lease=work.add(connection, inquiry.id, lease_for=lease_for, traceparent=place))
                earlier = idempotency.earlier(connection, key)
            if earlier is not None:
                return Acceptance(earlier=earlier)
            # The key was forgotten between the two statements: then this request is the first again.

    def assess(self, batch: Sequence[Inquiry], *, interactive: bool = True) -> list[Assessment]:
        """Read each inquiry and decide where it belongs. The same text, model and rules give the same answer."""
        with self._stage("assess", {"inquiry.batch_size": len(batch)}):
            rules, now = self.rules(), self.clock()
            predictions = self.classify([inquiry.message for inquiry in batch], interactive=interactive)
            with self.tracing.span("routing", {"inquiry.rules.version": rules.version}):
                assessed = [
                    Assessment(inquiry=inquiry, prediction=prediction, decision=route(inquiry, prediction, rules, now))
                    for inquiry, prediction in zip(batch, predictions, strict=True)
                ]
        self.metrics.pipeline.assessed.inc(len(assessed))
        return assessed

    def record(self, assessed: Sequence[Assessment], lease: Lease, *, by: str) -> list[Assessment]:
        """Store predictions and decisions, give each inquiry to someone, and settle the debt: all or nothing.

        Returns what was recorded, now with consultants. What the lease no longer covers was finished by another
        process: it is left out, and nothing is written for it.
        """
        with self._stage("record", {"inquiry.batch_size": len(assessed)}) as span:
            self._make_known({one.prediction.model_version for one in assessed})
            try:
                recorded, others = self._record(assessed, lease)
            except StoreUnavailable:
                # A connection breaks more often than a server. Once more is safe even if that commit did get through:
                # the debt would be settled then, and nothing is written.
                recorded, others = self._record(assessed, lease)
            _describe(span, recorded)
        self.metrics.record_stored(recorded, self.clock(), by=by)
        self.metrics.record_decisions([*(one.decision for one in recorded), *others.values()])
        self.metrics.pipeline.leases_lost.inc(len(assessed) - len(recorded))
        return recorded

    def _record(
        self, assessed: Sequence[Assessment], lease: Lease
    ) -> tuple[list[Assessment], dict[UUID, RoutingDecision]]:
        """What was recorded, and what else was handed out because it waited in the same queues."""
        with self.database.transaction() as connection:
            owned = work.finish(connection, lease, [one.inquiry.id for one in assessed])
            mine = [one for one in assessed if one.inquiry.id in owned]
            decisions = self._hand_out(connection, [_queued(one.inquiry, one.decision) for one in mine])
            recorded = [replace(one, decision=decisions.pop(one.inquiry.id)) for one in mine]
            answers.add(connection, recorded)
            answers.replace_decisions(connection, decisions)
        return recorded, decisions

    @contextmanager
    def _stage(self, name: str, attributes: Attributes) -> Iterator[Span]:
        """A stage's time and its span. Whatever nobody sent into a trace begins one when it is accepted."""
        started = time.perf_counter()
        with self.tracing.beginning(name, attributes) as span:
            yield span
        self.metrics.record_stage(name, started)

    def leave_to_worker(self, lease: Lease, reason: str) -> None:
        """Give a lease back before it runs out, after a failure. If that fails too, it runs out."""
        self.metrics.pipeline.left_to_worker.inc()
        with suppress(InquiryError), self.database.transaction() as connection:
            work.give_back(connection, lease, reason=reason)

    def classify(self, messages: Sequence[Message], *, interactive: bool = True) -> list[Prediction]:
        """What the model says about messages; nothing is stored. Interactive work goes before bulk work."""
        predictions = self.predictor.predict(messages, interactive=interactive)
        for prediction in predictions:
            self.metrics.record_prediction(prediction)
        return predictions

    def assign_waiting(self, departments: frozenset[str], *, look_ahead: int = 5000) -> int:
        """Hand out these departments' waiting queues, most urgent first; returns how many found a consultant."""
        self.rules()
        with self.tracing.span("assign waiting"), self.database.transaction() as connection:
            assigned = self._hand_out(connection, [], departments=departments, look_ahead=look_ahead)
            answers.replace_decisions(connection, assigned)
        self.metrics.record_decisions(assigned.values())
        return len(assigned)

    def review(self, *, limit: int = 100) -> int:
        """Decide again where the passing of time, or somebody's leaving, may have changed the decision.

        Who has an inquiry keeps it as long as they satisfy what the new decision asks for. Returns how many were due.
        """
        frame = self._frame()
        with self.tracing.span("review"), self.database.transaction() as connection:
            due, decisions = casework.review(connection, frame, limit=limit)
        self.metrics.record_decisions(decisions.values())
        return due

    def correct(self, inquiry_id: UUID, said: Judgement) -> frozenset[str]:
        """Store what a person says of the labels beside the prediction, and decide again where that counts.

        Who has the inquiry keeps it if it is still theirs. Returns the departments whose queues may now move. Raises
        `NotFound`, `NotAssessed`, or `UnknownLabel`; then nothing is stored.
        """
        frame = self._frame()
        categories = {*frame.rules.categories, *self.predictor.categories}
        attributes = {"inquiry.id": str(inquiry_id)}
        with self.tracing.span("correct", attributes), self.database.transaction() as connection:
            stored, change = casework.correct(connection, inquiry_id, said, frame, categories=categories)
        self.metrics.record_feedback(stored)
        self.metrics.record_decisions(change.decisions.values())
        return change.freed

    def hand_over(self, inquiry_id: UUID, wish: Handover) -> frozenset[str]:
        """Give an inquiry to somebody by hand, or back to the queue; returns the departments whose queues may now move.

        Raises `NotFound`, `NotAssessed`, or `IllegalAssignment` where somebody else was faster, the consultant is away
        or unknown, or nobody else could take it.
        """
        frame = self._frame()
        attributes = {"inquiry.id": str(inquiry_id)}
        with self.tracing.span("hand over", attributes), self.database.transaction() as connection:
            change = casework.hand_over(connection, inquiry_id, wish, frame)
        self.metrics.record_decisions(change.decisions.values())
        return change.freed

    def review_orphans(self) -> None:
        """Make due for review what lies with people who are no longer in the rules, or in that department."""
        with self.database.transaction() as connection:
            directory.review_orphans(connection)

    def rules(self) -> RuleSet:
        """The rules in force. New ones are made known to the database before they decide anything."""
        rules = self.rulebook.current
        if rules.version != self._known_rules:
            with self.database.transaction() as connection:
                directory.synchronise(
                    connection,
                    version=rules.version,
                    document=rules.document,
                    departments={one.id: one.name for one in rules.departments.values()},
                    consultants=list(rules.consultants.values()),
                )
            with suppress(StoreBusy):  # the worker does it again
                self.review_orphans()
            self._known_rules = rules.version
        return rules

    def _frame(self) -> Frame:
        return Frame(rules=self.rules(), now=self.clock(), look_ahead=self._options.look_ahead)

    def _make_known(self, models: set[str]) -> None:
        """Tell the database of models that answer for the first time."""
        if not models <= self._known_models:
            with self.database.transaction() as connection:
                answers.register_models(connection, sorted(models))
            self._known_models |= models

    def _hand_out(
        self,
        connection: Connection,
        newcomers: Sequence[WaitingInquiry],
        *,
        departments: frozenset[str] = frozenset(),
        look_ahead: int | None = None,
    ) -> dict[UUID, RoutingDecision]:
        concerned = departments | {one.decision.department for one in newcomers}
        reach = look_ahead or self._options.look_ahead
        return hand_out(connection, newcomers, departments=concerned, look_ahead=reach)


def _describe(span: Span, recorded: Sequence[Assessment]) -> None:
    if not span.is_recording():
        return
    span.set_attribute("inquiry.recorded", len(recorded))
    if len(recorded) == 1:
        decision = recorded[0].decision
        span.set_attribute("inquiry.department", decision.department)
        span.set_attribute("inquiry.priority", decision.priority)
        span.set_attribute("inquiry.waiting", decision.waiting)


def _queued(inquiry: Inquiry, decision: RoutingDecision) -> WaitingInquiry:
    return WaitingInquiry(inquiry_id=inquiry.id, received_at=inquiry.received_at, decision=decision)
