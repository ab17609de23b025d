"""What the model that answers is: for people who want to know, not for answering."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inquiry_pipeline.nlp.backends import Task
from inquiry_pipeline.nlp.bundle import Bundle
from inquiry_pipeline.nlp.task_models import Backends, version_with

_LOGGER: Final = logging.getLogger(__name__)
_EVALUATION: Final = "evaluation.json"
_BUNDLE: Final = "bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """A bundle, and the models that answer single tasks in its place.

    `labels`, `languages` and `thresholds` (by language and category) are the bundle's. `backends` says by task who
    answers: `bundle`, or the version of another model. `evaluation` are the bundle's held-out figures as they were
    written with it, empty where it has none.
    """

    version: str
    name: str
    created: str
    labels: Mapping[str, tuple[str, ...]]
    languages: tuple[str, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    backends: Mapping[str, str]
    evaluation: Mapping[str, Any]


def describe_model(bundle: Bundle, folder: Path, backends: Backends) -> ModelDescription:
    """What a loaded bundle is, together with the models that answer in its place."""
    manifest = bundle.manifest
    return ModelDescription(
        version=version_with(bundle.model_version, backends),
        name=manifest.name,
        created=manifest.created,
        labels={task: manifest.labels[task] for task in Task},
        languages=manifest.languages,
        thresholds=manifest.thresholds,
        backends={task: backends[task].version if task in backends else _BUNDLE for task in Task},
        evaluation=_evaluation(folder),
    )


def _evaluation(folder: Path) -> dict[str, Any]:
    try:
        report = json.loads((folder / _EVALUATION).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOGGER.warning("The evaluation of the bundle in %s cannot be read: %s", folder, error)
        return {}
    return report if isinstance(report, dict) else {}
