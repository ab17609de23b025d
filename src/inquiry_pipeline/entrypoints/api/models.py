"""What the API answers about the model that is loaded."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from inquiry_pipeline.core.feedback import TASKS
from inquiry_pipeline.entrypoints.api.figures import BinAnswer
from inquiry_pipeline.entrypoints.api.schemas import Answer
from inquiry_pipeline.nlp.description import ModelDescription
from inquiry_pipeline.nlp.predictor import ModelStatus
from inquiry_pipeline.store.model_figures import ModelVersion

log = logging.getLogger(__name__)

_KEYWORDS: Final = "keywords"


class ReliabilityBinAnswer(BinAnswer):
    """Of the held-out answers with a confidence in a range, how many there are, how sure and how right they were."""

    count: int
    confidence: float | None
    accuracy: float | None


class EvaluationAnswer(Answer):
    """How the model did on held-out inquiries."""

    n: int
    accuracy: float
    ece: Annotated[float | None, Field(description="Expected calibration error, 0 to 1")] = None
    reliability: list[ReliabilityBinAnswer] = Field(default_factory=list)


class ModelVersionAnswer(Answer):
    """A version that answered, since when, and how many current predictions of the last 30 days are its own."""

    version: str
    name: str
    first_used_at: datetime
    predictions: int


class ModelsAnswer(Answer):
    """The model that is loaded, and every version that ever answered, the latest first."""

    version: str
    name: str
    state: Annotated[str, Field(description="ready, loading, or degraded: something simpler answers, see `error`")]
    error: str | None
    created: datetime | None
    languages: Annotated[
        dict[str, dict[str, float]],
        Field(description="Those that it decides in, with the held-out accuracy of each task where that is known"),
    ]
    tasks: Annotated[dict[str, list[str]], Field(description="The labels of each task")]
    thresholds: Annotated[
        dict[str, dict[str, float]],
        Field(description="By language (`*`: any other) and category: below, the category is a suggestion only"),
    ]
    backends: Annotated[
        dict[str, str], Field(description="Who answers each task: `bundle`, another model's version, or `keywords`")
    ]
    evaluation: dict[str, EvaluationAnswer]
    versions: list[ModelVersionAnswer]


def models_answer(
    status: ModelStatus, description: ModelDescription | None, versions: Sequence[ModelVersion]
) -> ModelsAnswer:
    """The API's form of what is loaded; without a bundle, keyword rules answer and there is little to say."""
    known: dict[str, Any] = {"version": status.version, "name": _KEYWORDS, "created": None}
    known |= {"tasks": {}, "thresholds": {}, "languages": {}, "evaluation": {}}
    known["backends"] = dict.fromkeys(TASKS, _KEYWORDS)
    if description is not None:
        known |= {name: getattr(description, name) for name in ("version", "name", "thresholds", "backends")}
        known |= {"created": description.created, "tasks": description.labels}
        known["languages"] = {code: _accuracies(description.evaluation, code) for code in description.languages}
        known["evaluation"] = _evaluation(description.evaluation)
    known["versions"] = [ModelVersionAnswer.model_validate(one) for one in versions]
    return ModelsAnswer.model_validate({"state": status.state, "error": status.error, **known})


def _accuracies(report: Mapping[str, Any], language: str) -> dict[str, float]:
    """By task, the share that was right of the held-out inquiries in a language, as far as the report knows."""
    found = {task: _within(report, task, "per_language", language, "accuracy") for task in TASKS}
    return {task: accuracy for task, accuracy in found.items() if isinstance(accuracy, float)}


def _within(report: Any, *path: str) -> Any:  # noqa: ANN401 - JSON that other versions may have written
    for name in path:
        report = report.get(name) if isinstance(report, dict) else None
    return report


def _evaluation(report: Mapping[str, Any]) -> dict[str, EvaluationAnswer]:
    known: dict[str, EvaluationAnswer] = {}
    for task in TASKS:
        if task in report:
            try:
                known[task] = EvaluationAnswer.model_validate(report[task])
            except ValidationError as error:
                log.warning("held-out figures of a model cannot be read", extra={"task": task, "reason": str(error)})
    return known
