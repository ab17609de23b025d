"""What the API takes and answers. Answers are read off the dataclasses of `core`."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inquiry_pipeline.core.assessment import StatusChange, StoredInquiry
from inquiry_pipeline.core.feedback import TASKS
from inquiry_pipeline.core.inquiry import Inquiry, Message, Status
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.core.routing import Candidate, FiredRule, ScoreTerm
from inquiry_pipeline.entrypoints.answers import (
    ExplainedPrediction,
    PredictionAnswer,
)
from inquiry_pipeline.entrypoints.api import fields
from inquiry_pipeline.store.directory import ConsultantState

Shape = TypeVar("Shape", bound="RoutingAnswer")

_TEXT = "I was charged twice for my October invoice. Please refund the second payment."


class StrictRequest(BaseModel):
    """What comes in: a misspelt field must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What goes out, read off a dataclass."""

    model_config = ConfigDict(from_attributes=True)


class InquirySubmission(StrictRequest):
    """One message from one sender."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"subject": "Charged twice", "body": _TEXT, "sender_email": "jo.miller@example.com"}]
        }
    )

    subject: fields.Subject | None = None
    body: fields.Body
    sender_email: fields.Address | None = None
    sender_name: fields.Line | None = None
    channel: fields.Channel = "api"
    external_id: fields.Line | None = None
    received_at: fields.PastMoment | None = None
    metadata: fields.Metadata = Field(default_factory=dict)

    def inquiry(self, inquiry_id: UUID, now: datetime) -> Inquiry:
        """The inquiry that this submission is, received now unless it says when."""
        values = self.model_dump(exclude={"received_at"})
        return Inquiry(id=inquiry_id, received_at=self.received_at or now, created_at=now, **values)


class TextToClassify(StrictRequest):
    """A message to classify; `text` is another name for `body`."""

    subject: fields.Subject | None = None
    body: fields.Body | None = None
    text: fields.Body | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if (self.body is None) == (self.text is None):
            raise ValueError("give either 'body' or 'text'")
        return self

    def message(self, now: datetime) -> Message:
        """The message that the models read, received now."""
        return Message(subject=self.subject, body=self.body or self.text or "", received_at=now)


class ClassifyRequest(StrictRequest):
    """One text, or up to 256 of them in `items`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": _TEXT}, {"items": [_TEXT, {"subject": "Login", "body": "No login."}]}]}
    )

    subject: fields.Subject | None = None
    body: fields.Body | None = None
    text: fields.Body | None = None
    items: Annotated[list[fields.Body | TextToClassify], Field(min_length=1, max_length=256)] | None = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        given = [name for name in ("body", "text", "items") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of 'text', 'body' and 'items'")
        if self.items is not None and self.subject is not None:
            raise ValueError("'subject' goes into each of the 'items'")
        return self

    def messages(self, now: datetime) -> list[Message]:
        """The messages to classify, in order, received now: deadlines in them are relative to that."""
        if self.items is None:
            return [Message(subject=self.subject, body=self.body or self.text or "", received_at=now)]
        return [
            Message(body=item, received_at=now) if isinstance(item, str) else item.message(now) for item in self.items
        ]


class PredictionsAnswer(Answer):
    """One prediction for each item, in the same order."""

    items: list[PredictionAnswer]


class ExplainedPredictionsAnswer(Answer):
    """One prediction and explanation for each item, in the same order."""

    items: list[ExplainedPrediction]


class RoutingAnswer(Answer):
    """Where the inquiry went, and why. `consultant` is null while it waits in the department's queue."""

    department: str
    consultant: str | None
    consultant_name: str | None = None
    priority_score: Annotated[float, Field(ge=0, le=100)]
    priority: str
    escalated: bool
    escalation_level: int
    waiting: bool
    triaged: Annotated[bool, Field(description="The model was not sure: a person decides where it belongs")]
    reasons: list[str]
    rules_version: str


class DecisionRecord(RoutingAnswer):
    """The whole record of the decision."""

    strategy: str
    decided_at: datetime
    actor: Annotated[str | None, Field(description="The person who caused the decision; null where none did")]
    note: Annotated[str | None, Field(description="What that person said about it")]
    terms: list[ScoreTerm]
    rules_fired: list[FiredRule]
    candidates: list[Candidate]


class SubmissionAnswer(Answer):
    """The inquiry as it stands after its submission; with status `received`, a worker is still at it."""

    id: UUID
    status: Status
    received_at: datetime
    prediction: PredictionAnswer | None
    routing: RoutingAnswer | None


class LabelsAnswer(Answer):
    """The labels that count: those of the prediction, or what people said instead (the tasks in `corrected`)."""

    category: str
    sentiment: Sentiment
    urgency: Urgency
    corrected: list[str]


class InquirySummary(SubmissionAnswer):
    """An inquiry as it stands in a list."""

    subject: str | None
    body: str
    sender_email: str | None
    sender_name: str | None
    channel: str
    external_id: str | None
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    labels: LabelsAnswer | None


class InquiryAnswer(InquirySummary):
    """An inquiry with everything that is known about it."""

    routing: DecisionRecord | None
    history: list[StatusChange]


class InquiryPage(Answer):
    """A page of inquiries, newest first. Give `next_cursor` as `cursor` to get the next one."""

    items: list[InquirySummary]
    next_cursor: str | None


def submission_answer(stored: StoredInquiry) -> SubmissionAnswer:
    """What `submit` answers about a stored inquiry."""
    return SubmissionAnswer(
        id=stored.inquiry.id,
        status=stored.inquiry.status,
        received_at=stored.inquiry.received_at,
        prediction=prediction_answer(stored.prediction),
        routing=_routing(RoutingAnswer, stored),
    )


def inquiry_summary(stored: StoredInquiry) -> InquirySummary:
    """A stored inquiry as it stands in a list."""
    return InquirySummary(**_known(stored), routing=_routing(RoutingAnswer, stored))


def inquiry_answer(stored: StoredInquiry) -> InquiryAnswer:
    """Everything about a stored inquiry."""
    return InquiryAnswer(**_known(stored), routing=_routing(DecisionRecord, stored), history=list(stored.history))


def _known(stored: StoredInquiry) -> dict[str, Any]:
    known = {name: getattr(stored.inquiry, name) for name in Inquiry.__slots__}
    return known | {
        "updated_at": stored.updated_at,
        "prediction": prediction_answer(stored.prediction),
        "labels": _labels(stored),
    }


def _labels(stored: StoredInquiry) -> LabelsAnswer | None:
    if stored.labels is None or stored.prediction is None:
        return None
    said, predicted = stored.labels, stored.prediction
    return LabelsAnswer(
        category=said.category,
        sentiment=said.sentiment,
        urgency=said.urgency,
        corrected=[task for task in TASKS if getattr(said, task) != getattr(predicted, task)],
    )


def prediction_answer(prediction: Prediction | None) -> PredictionAnswer | None:
    """The API's form of a prediction."""
    return None if prediction is None else PredictionAnswer.model_validate(prediction)


def _routing(shape: type[Shape], stored: StoredInquiry) -> Shape | None:
    if stored.decision is None:
        return None
    answer = shape.model_validate(stored.decision)
    answer.consultant_name = stored.consultant_name
    return answer


class StatusPatch(StrictRequest):
    """The step that a person takes, and, if they say so, who they are and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "in_progress", "actor": "jonas-weber"}]})

    status: Status
    actor: fields.Person | None = None
    reason: fields.Comment | None = None


class InquiryQuery(StrictRequest):
    """What a list of inquiries is narrowed to. Times are those at which inquiries were received."""

    status: Status | None = None
    department: fields.Name | None = None
    category: fields.Name | None = None
    urgency: Urgency | None = None
    sentiment: Sentiment | None = None
    priority: fields.Name | None = None
    language: fields.Name | None = None
    channel: fields.Channel | None = None
    consultant: fields.Name | None = None
    escalated: fields.Flag | None = None
    abstained: Annotated[fields.Flag | None, Field(description="Whether the category was only a suggestion")] = None
    waiting: Annotated[fields.Flag | None, Field(description="Whether it waits for a consultant")] = None
    since: fields.Moment | None = None
    until: fields.Moment | None = None
    q: Annotated[fields.Words | None, Field(description='Words in subject or body; "a phrase", -without')] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=200)] | None = None


class ConsultantAnswer(Answer):
    """A consultant: who they are, what they can take, and how much they have."""

    id: str
    name: str
    email: str | None
    departments: list[str]
    categories: list[str]
    languages: list[str]
    level: int
    capacity: int
    weight: float
    manager: bool
    available: bool
    open_inquiries: int


def consultant_answer(state: ConsultantState) -> ConsultantAnswer:
    """The API's form of a consultant."""
    known = {name: getattr(state.consultant, name) for name in type(state.consultant).__slots__}
    return ConsultantAnswer(**known, available=state.available, open_inquiries=state.open_inquiries)


class ConsultantsAnswer(Answer):
    """All consultants, by id."""

    items: list[ConsultantAnswer]


class AvailabilityPatch(StrictRequest):
    """Whether a consultant takes new inquiries."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"available": False}]})

    available: Annotated[bool, Field(strict=True)]


class DeadLetterAnswer(Answer):
    """An inquiry that could not be assessed, with the last error."""

    inquiry_id: UUID
    attempts: int
    last_error: str | None
    dead_at: datetime


class DeadLetterPage(Answer):
    """A page of dead letters, latest first."""

    items: list[DeadLetterAnswer]
    next_cursor: str | None


class RulesAnswer(Answer):
    """The rules in force. `problem` says why a later edit of the file was not taken."""

    version: str
    problem: str | None
    rules: dict[str, Any]


class ComponentHealth(Answer):
    """One part that the service needs."""

    state: Literal["ok", "degraded", "loading", "unavailable", "outdated"]
    latency_ms: float | None = None
    detail: str | None = None


class HealthAnswer(Answer):
    """Whether this process can serve, and what stands in its way."""

    status: Literal["ready", "degraded", "unavailable"]
    version: str
    checks: dict[str, ComponentHealth]


class ProblemAnswer(BaseModel):
    """An error in the form of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    trace_id: str | None = None
    errors: list[dict[str, str]] | None = None
