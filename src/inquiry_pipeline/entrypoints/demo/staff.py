"""What the demo's consultants do: begin what is most urgent, correct what was read wrongly, resolve."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from inquiry_pipeline.client import ApiError, Client, Inquiry
from inquiry_pipeline.core.feedback import TASKS
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.learning.datasets import LabelledInquiry

NOTICED: Final = 0.85
"""How often a consultant who reads a wrong label corrects it."""
AGREED: Final = 0.5
"""How often one says that all labels are right."""
_CONFLICT: Final = (404, 409)
"""Somebody else was faster, or cleared the demo meanwhile: then there is nothing left to do."""


def judgement(standing: Mapping[str, str], truth: LabelledInquiry, chance: random.Random) -> dict[str, str] | None:
    """The labels to correct, by task; {} to confirm them all, None to say nothing."""
    wrong = {task: right for task in TASKS if (right := truth.label(task)) is not None and right != standing.get(task)}
    if wrong:
        return wrong if chance.random() < NOTICED else None
    return {} if not truth.out_of_scope and chance.random() < AGREED else None


@dataclass(slots=True)
class Staff:
    """Consultants at work through the API. `truths` are the right labels of what the demo sent."""

    api: Client
    chance: random.Random
    truths: dict[UUID, LabelledInquiry] = field(default_factory=dict)
    resolved: int = 0
    corrected: int = 0

    def work(self, consultant: str) -> None:
        """Let a consultant take the next step at the head of their desk; others may be faster.

        Raises `ApiError` where the API refuses anything else.
        """
        try:
            mine = [one for one in self.api.queue(consultant, limit=5).items if one.id in self.truths]
            if mine:
                self._step(mine[0], consultant)
        except ApiError as error:
            if error.problem.status not in _CONFLICT:
                raise

    def _step(self, inquiry: Inquiry, consultant: str) -> None:
        if inquiry.status != Status.IN_PROGRESS:
            self.api.change_status(inquiry.id, Status.IN_PROGRESS, actor=consultant)
            self._judge(inquiry, consultant)
            return
        self.api.change_status(inquiry.id, Status.RESOLVED, actor=consultant)
        self.resolved += 1

    def _judge(self, inquiry: Inquiry, consultant: str) -> None:
        if inquiry.labels is None:
            return
        standing = {task: getattr(inquiry.labels, task) for task in TASKS}
        said = judgement(standing, self.truths[inquiry.id], self.chance)
        if said is None:
            return
        self.api.feedback(inquiry.id, actor=consultant, confirm=not said, **said)  # type: ignore[arg-type]
        self.corrected += bool(said)
