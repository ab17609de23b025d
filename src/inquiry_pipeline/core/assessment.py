"""What the pipeline computes for one inquiry, and what it has stored about one."""

from dataclasses import dataclass
from datetime import datetime

from inquiry_pipeline.core.feedback import Feedback, Labels
from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.core.routing import RoutingDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An inquiry, what the models say of it, and where it goes; with a consultant once it is recorded."""

    inquiry: Inquiry
    prediction: Prediction
    decision: RoutingDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One step of an inquiry's status: the pipeline's first two, and those that a person made or caused."""

    from_status: str
    to_status: str
    changed_at: datetime
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInquiry:
    """An inquiry with its current prediction and decision; both are None until it is assessed, as are `labels`: those
    that count, which people may have corrected.
    """

    inquiry: Inquiry
    updated_at: datetime
    prediction: Prediction | None = None
    decision: RoutingDecision | None = None
    consultant_name: str | None = None
    history: tuple[StatusChange, ...] = ()
    labels: Labels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An inquiry in hand, with all that deciding on it again needs. `holder` is who has it, None while it waits;
    `labels` are those that count, `feedback` is in the order in which it was given.
    """

    inquiry: Inquiry
    holder: str | None
    labels: Labels
    prediction: Prediction
    decision: RoutingDecision
    feedback: tuple[Feedback, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedDecision:
    """A decision in an inquiry's history, with when it was stored: its own date moves on while only its age does."""

    decision: RoutingDecision
    stored_at: datetime
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to an inquiry, each kind in its own order."""

    steps: tuple[StatusChange, ...]
    decisions: tuple[DatedDecision, ...]
    feedback: tuple[Feedback, ...]
