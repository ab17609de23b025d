"""What the API takes and answers where people work on an inquiry: judging, handing over, looking back."""

from datetime import datetime
from itertools import chain
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from inquiry_pipeline.core.assessment import DatedDecision, History, StatusChange
from inquiry_pipeline.core.feedback import Feedback, Judgement
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.core.routing import Handover
from inquiry_pipeline.entrypoints.api import fields
from inquiry_pipeline.entrypoints.api.schemas import Answer, ConsultantAnswer, InquirySummary, StrictRequest


class FeedbackRequest(StrictRequest):
    """The labels that are right, in any of the three tasks; or `confirm`, if all are right as they stand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"actor": "jonas-weber", "category": "billing", "comment": "Asks for money back, nothing is broken"},
                {"actor": "jonas-weber", "confirm": True},
            ]
        }
    )

    actor: Annotated[fields.Person, Field(description="Who says so: a consultant's id, or another name")]
    category: fields.Line | None = None
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    confirm: Annotated[bool, Field(strict=True, description="All labels are right as they stand now")] = False
    comment: Annotated[fields.Comment | None, Field(description="Why")] = None
    reroute: Annotated[
        bool | None,
        Field(
            strict=True,
            description="Whether it is decided again, now and later, by these labels. By default it is where that"
            " makes a difference: where a label changes, or the category was only a suggestion",
        ),
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        names = [name for name in ("category", "sentiment", "urgency") if getattr(self, name) is not None]
        if not names and not self.confirm:
            raise ValueError("give 'category', 'sentiment' or 'urgency', or 'confirm': true")
        if names and self.confirm:
            raise ValueError(f"'confirm' calls all labels right, '{names[0]}' says otherwise: give one of the two")
        return self

    def judgement(self) -> Judgement:
        """The judgement that this is."""
        return Judgement(as_it_is=self.confirm, **self.model_dump(exclude={"confirm"}))


class AssignmentRequest(StrictRequest):
    """Who shall have the inquiry; null gives it back to the queue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"consultant": "jonas-weber", "actor": "jonas-weber"},
                {"consultant": "priya-raman", "actor": "jonas-weber", "reason": "Reads Spanish"},
                {"consultant": None, "actor": "jonas-weber", "reason": "Off to a customer"},
            ]
        }
    )

    consultant: fields.Name | None
    actor: Annotated[fields.Person, Field(description="Who says so: a consultant's id, or another name")]
    reason: fields.Comment | None = None
    held_by: Annotated[
        fields.Name | None,
        Field(
            description="Who has it as far as the caller knows (null: it waits); 409 if that is no longer so. Without"
            " it, only what waits or is the actor's own can be given out"
        ),
    ] = None

    def handover(self) -> Handover:
        """The wish that this is."""
        return Handover(**self.model_dump(), seen="held_by" in self.model_fields_set)


class StatusEvent(Answer):
    """A step of the status. `actor` is null for the pipeline's own steps and for those who did not say."""

    kind: Literal["status"] = "status"
    at: datetime
    actor: str | None
    reason: str | None
    from_status: str
    to_status: str

    @classmethod
    def of(cls, step: StatusChange) -> Self:
        """The event of a step."""
        return cls(
            at=step.changed_at,
            actor=step.actor,
            reason=step.reason,
            from_status=step.from_status,
            to_status=step.to_status,
        )


class DecisionEvent(Answer):
    """A routing decision. `actor` is who caused it; null where the pipeline decided by itself."""

    kind: Literal["decision"] = "decision"
    at: datetime
    actor: str | None
    reason: str | None
    current: bool
    department: str
    consultant: str | None
    priority: str
    priority_score: float
    escalation_level: int
    triaged: bool
    strategy: str
    reasons: list[str]
    rules_version: str

    @classmethod
    def of(cls, dated: DatedDecision) -> Self:
        """The event of a decision."""
        names = set(cls.model_fields) - {"kind", "at", "actor", "reason", "current", "reasons"}
        known = {name: getattr(dated.decision, name) for name in names}
        return cls(
            at=dated.stored_at,
            actor=dated.decision.actor,
            reason=dated.decision.note,
            current=dated.current,
            reasons=list(dated.decision.reasons),
            **known,
        )


class FeedbackEvent(Answer):
    """What a person said of the prediction."""

    kind: Literal["feedback"] = "feedback"
    at: datetime
    actor: str | None
    reason: str | None
    model_version: str
    predicted: dict[str, str]
    corrected: Annotated[dict[str, str], Field(description="The labels that differ from the predicted ones, by task")]
    confirmed: Annotated[list[str], Field(description="The tasks in which the prediction was called right")]
    reroute: Annotated[bool, Field(description="Whether routing goes by it")]

    @classmethod
    def of(cls, said: Feedback) -> Self:
        """The event of a judgement."""
        return cls(
            at=said.given_at,
            actor=said.actor,
            reason=said.comment,
            model_version=said.model_version,
            predicted=dict(said.predicted),
            corrected=said.corrected,
            confirmed=list(said.confirmed),
            reroute=said.decides,
        )


Event = Annotated[StatusEvent | DecisionEvent | FeedbackEvent, Field(discriminator="kind")]


class HistoryAnswer(Answer):
    """All that happened to an inquiry, the first first."""

    inquiry_id: UUID
    events: list[Event]


def history_answer(inquiry_id: UUID, history: History) -> HistoryAnswer:
    """The three kinds of events in one line. What is said comes before what follows from it."""
    events: list[FeedbackEvent | StatusEvent | DecisionEvent] = sorted(
        chain(
            map(FeedbackEvent.of, history.feedback),
            map(StatusEvent.of, history.steps),
            map(DecisionEvent.of, history.decisions),
        ),
        key=lambda event: event.at,
    )
    return HistoryAnswer(inquiry_id=inquiry_id, events=events)


class QueueAnswer(Answer):
    """A consultant's desk, and what waits beside it, each the most urgent first.

    Give `next_cursor` as `cursor` to get the next of `items`. `waiting` is the head of the queues of the consultant's
    departments together; `waiting_total` says how many there are, by department.
    """

    consultant: ConsultantAnswer
    items: list[InquirySummary]
    next_cursor: str | None
    waiting: list[InquirySummary]
    waiting_total: dict[str, int]


class WaitingAnswer(Answer):
    """What waits for a consultant, the most urgent first. Give `next_cursor` as `cursor` to get the next of `items`.

    `totals` says how many wait, by department, without those in which nothing does.
    """

    totals: dict[str, int]
    oldest_received_at: datetime | None
    items: list[InquirySummary]
    next_cursor: str | None
