"""An inquiry: one message from one sender, and the states that it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Status(StrEnum):
    """Where an inquiry stands. The pipeline takes it as far as `routed`; people do the rest."""

    RECEIVED = "received"
    CLASSIFIED = "classified"
    ROUTED = "routed"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    REOPENED = "reopened"


NEXT_STATUS: Mapping[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.CLASSIFIED}),
    Status.CLASSIFIED: frozenset({Status.ROUTED}),
    Status.ROUTED: frozenset({Status.IN_PROGRESS}),
    Status.IN_PROGRESS: frozenset({Status.RESOLVED, Status.ROUTED}),
    Status.RESOLVED: frozenset({Status.REOPENED}),
    Status.REOPENED: frozenset({Status.IN_PROGRESS}),
}
"""The legal steps. `received` and `classified` are left by the pipeline alone; what goes to somebody else while it is
`in_progress` is `routed` again, because they have not begun it."""

SET_BY_PIPELINE = frozenset({Status.RECEIVED, Status.CLASSIFIED, Status.ROUTED})
"""A person cannot set these: they say that a prediction or a routing decision is stored."""

OPEN_STATUSES = (Status.ROUTED, Status.IN_PROGRESS, Status.REOPENED)
"""An inquiry in one of these counts towards its consultant's load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the models read: a subject, a body, and when it came (deadlines are relative to that)."""

    body: str
    subject: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One message from one sender, as it was received. Times are aware, in UTC.

    `received_at` is when it reached the organisation, `created_at` when the pipeline took it in.
    """

    id: UUID
    body: str
    received_at: datetime
    created_at: datetime
    subject: str | None = None
    sender_email: str | None = None
    sender_name: str | None = None
    channel: str = "api"
    external_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    status: Status = Status.RECEIVED

    @property
    def message(self) -> Message:
        """The part that the models read."""
        return Message(subject=self.subject, body=self.body, received_at=self.received_at)
