"""What the API answers, as frozen dataclasses. Times are aware; `docs` at `/api/v1/docs` say what each field means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error in the form of RFC 9457. `errors` names wrong fields; `status` is 0 without a readable answer."""

    status: int
    title: str
    detail: str
    type: str = "about:blank"
    request_id: str | None = None
    trace_id: str | None = None
    errors: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the explained text and how far it moved the answer."""

    start: int
    end: int
    text: str
    weight: float
    towards: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskExplanation:
    """What moved the answer to one task, the heaviest first."""

    label: str | None
    runner_up: str | None
    sentences: tuple[Span, ...]
    words: tuple[Span, ...]
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What moved the answers about a text. Only that of a stored inquiry has an id and remarks."""

    text: str
    method: str
    model_version: str
    category: TaskExplanation
    sentiment: TaskExplanation
    urgency: TaskExplanation
    urgency_rules: tuple[str, ...]
    unread: tuple[tuple[int, int], ...] = ()
    inquiry_id: UUID | None = None
    stored_model_version: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model says about a text. `explanation` is there if it was asked for."""

    category: str
    confidence: float
    probabilities: Mapping[str, float]
    sentiment: Sentiment
    sentiment_confidence: float
    urgency: Urgency
    urgency_confidence: float
    language: str
    abstained: bool
    degraded: bool
    model_version: str
    suggestions: tuple[str, ...] = ()
    urgency_reasons: tuple[str, ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels that count; the tasks in `corrected` differ from what was predicted."""

    category: str
    sentiment: Sentiment
    urgency: Urgency
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTerm:
    """One addend of the priority score."""

    name: str
    value: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredRule:
    """An escalation rule that applied."""

    name: str
    level: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A consultant who was considered, and why they were chosen or passed over."""

    consultant: str
    chosen: bool
    reason: str
    open_inquiries: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Where an inquiry went and why. What follows `rules_version` is there for a single inquiry only."""

    department: str
    consultant: str | None
    consultant_name: str | None
    priority_score: float
    priority: str
    escalated: bool
    escalation_level: int
    waiting: bool
    triaged: bool
    reasons: tuple[str, ...]
    rules_version: str
    strategy: str | None = None
    decided_at: datetime | None = None
    actor: str | None = None
    note: str | None = None
    terms: tuple[ScoreTerm, ...] = ()
    rules_fired: tuple[FiredRule, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of an inquiry's status, and, if they said so, whose and why."""

    from_status: Status
    to_status: Status
    changed_at: datetime
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An inquiry as it stands after it was submitted; with status `received`, a worker is still at it."""

    id: UUID
    status: Status
    received_at: datetime
    prediction: Prediction | None
    routing: Routing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry(Submission):
    """An inquiry. `history`, and the whole record in `routing`, are there for a single one, not in lists."""

    subject: str | None
    body: str
    sender_email: str | None
    sender_name: str | None
    channel: str
    external_id: str | None
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    labels: Labels | None = None
    history: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryPage:
    """Some inquiries, newest first, and where the next ones are; None if these were the last."""

    items: tuple[Inquiry, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an inquiry. `kind` says which of the fields below `reason` it has.

    `status`: from_status, to_status. `decision`: current to rules_version. `feedback`: model_version to reroute.
    """

    kind: str
    at: datetime
    actor: str | None = None
    reason: str | None = None
    from_status: str | None = None
    to_status: str | None = None
    current: bool | None = None
    department: str | None = None
    consultant: str | None = None
    priority: str | None = None
    priority_score: float | None = None
    escalation_level: int | None = None
    triaged: bool | None = None
    strategy: str | None = None
    reasons: tuple[str, ...] = ()
    rules_version: str | None = None
    model_version: str | None = None
    predicted: Mapping[str, str] = field(default_factory=dict)
    corrected: Mapping[str, str] = field(default_factory=dict)
    confirmed: tuple[str, ...] = ()
    reroute: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultant:
    """A consultant: who they are, what they can take, and how much they have."""

    id: str
    name: str
    email: str | None
    departments: tuple[str, ...]
    categories: tuple[str, ...]
    languages: tuple[str, ...]
    level: int
    capacity: int
    weight: float
    manager: bool
    available: bool
    open_inquiries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultantQueue:
    """A consultant's desk and what waits beside it, each the most urgent first."""

    consultant: Consultant
    items: tuple[Inquiry, ...]
    next_cursor: str | None
    waiting: tuple[Inquiry, ...]
    waiting_total: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An inquiry that could not be assessed, with the last error."""

    inquiry_id: UUID
    attempts: int
    last_error: str | None
    dead_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The routing rules in force. `problem` says why a later edit of their file was not taken."""

    version: str
    problem: str | None
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentHealth:
    """One part that the service needs."""

    state: str
    latency_ms: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the service can serve (`ready`, `degraded`, `unavailable`), and what stands in its way."""

    status: str
    version: str
    checks: Mapping[str, ComponentHealth]
