"""What people say about a prediction: that it is right, or what would be. The prediction itself never changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency

TASKS: Final = ("category", "sentiment", "urgency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """A category, a sentiment and an urgency: those that count now, corrections included."""

    category: str
    sentiment: Sentiment
    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person says about the labels of an inquiry. None: they said nothing about that task.

    `as_it_is` confirms all labels as they stand. `reroute` says whether the inquiry is decided again; None: where
    that makes a difference, which is if a label changes or the category was only a suggestion.
    """

    actor: str
    category: str | None = None
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    as_it_is: bool = False
    comment: str | None = None
    reroute: bool | None = None

    def labels(self, standing: Labels) -> dict[str, str]:
        """The labels that they call right, by task."""
        said = {task: getattr(standing if self.as_it_is else self, task) for task in TASKS}
        return {task: label for task, label in said.items() if label is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A judgement as it is stored, beside what was predicted. `decides`: routing takes it into account."""

    actor: str
    model_version: str
    predicted: Mapping[str, str]
    labels: Mapping[str, str]
    comment: str | None
    decides: bool
    given_at: datetime

    @property
    def corrected(self) -> dict[str, str]:
        """The labels that differ from what was predicted, by task."""
        return {task: label for task, label in self.labels.items() if label != self.predicted[task]}

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The tasks in which the prediction was called right."""
        return tuple(task for task, label in self.labels.items() if label == self.predicted[task])


def latest(feedback: Iterable[Feedback]) -> dict[str, Feedback]:
    """The last word on each task that anybody judged; `feedback` is in the order in which it was given."""
    return {task: one for one in feedback for task in one.labels}


def corrected(prediction: Prediction, feedback: Iterable[Feedback]) -> Prediction:
    """The prediction as people see it: their labels are certain, and a category that they named is no suggestion."""
    words = latest(feedback)
    changes: dict[str, Any] = {}
    if said := words.get("category"):
        changes |= {"category": said.labels["category"], "confidence": 1.0, "abstained": False, "degraded": False}
    if said := words.get("sentiment"):
        changes |= {"sentiment": Sentiment(said.labels["sentiment"]), "sentiment_confidence": 1.0}
    if said := words.get("urgency"):
        reasons = (f"{said.actor} says so",)
        urgency = Urgency(said.labels["urgency"])
        changes |= {"urgency": urgency, "urgency_confidence": 1.0, "urgency_reasons": reasons}
    return replace(prediction, **changes)
