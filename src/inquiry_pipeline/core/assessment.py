"""What the pipeline computes for one inquiry, and what it has stored about one."""

from dataclasses import dataclass
from datetime import datetime

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
    """One step of an inquiry's status that a person made."""

    from_status: str
    to_status: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInquiry:
    """An inquiry with its current prediction and decision; both are None until it is assessed."""

    inquiry: Inquiry
    updated_at: datetime
    prediction: Prediction | None = None
    decision: RoutingDecision | None = None
    consultant_name: str | None = None
    history: tuple[StatusChange, ...] = ()
