"""Labels that a model which never saw them doubts: cross-validated confident learning, for people to look through.

Northcutt, Jiang and Chuang (2021), Confident Learning: a label is suspect where another class is as probable as
that class usually is where it is right. People read the suspects; what they change is in `data/label_review.jsonl`,
each with its reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, clean_texts
from inquiry_pipeline.learning.learner import (
    UNKNOWN,
    LearningOptions,
    class_names,
    learn,
    lesson_of,
    new_learner,
)
from inquiry_pipeline.learning.network import make_repeatable

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A label that may be wrong. `doubt` is by how much the suggested one is more probable, 0..1."""

    inquiry: LabelledInquiry
    task: str
    label: str
    suggested: str
    doubt: float

    def as_record(self) -> dict[str, Any]:
        """All that someone needs to decide, for a line of JSON."""
        return {
            "source": self.inquiry.source,
            "id": self.inquiry.id,
            "language": self.inquiry.language,
            "task": self.task,
            "label": self.label,
            "suggested": self.suggested,
            "doubt": round(self.doubt, 3),
            "subject": self.inquiry.message.subject,
            "body": self.inquiry.message.body,
        }


def find_suspects(
    weights: Path,
    inquiries: Sequence[LabelledInquiry],
    options: LearningOptions,
    *,
    folds: int,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Suspect]:
    """The suspects of every task, the most doubtful first; near-duplicates are doubted by models that saw neither."""
    make_repeatable(seed=options.seed, threads=options.threads)
    names = class_names(inquiries)
    texts, clusters = clean_texts(inquiries)
    fold_of = np.random.default_rng(options.seed).permutation(clusters.max() + 1)[clusters] % folds
    probabilities = {task: np.zeros((len(texts), len(own)), np.float32) for task, own in names.items()}
    for fold in range(folds):
        asked = fold_of == fold
        learner = new_learner(weights, names, options)
        lesson = lesson_of(list(compress(inquiries, ~asked)), names)
        for epoch in learn(learner, lesson):
            progress(f"fold {fold + 1} of {folds}: {epoch}")
        for task, own in learner.probabilities(list(compress(texts, asked))).items():
            probabilities[task][asked] = own
    return sorted(_suspects(inquiries, names, probabilities), key=lambda suspect: -suspect.doubt)


def confident_disagreement(probabilities: Floats, classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For every row the class that should rather be its label, or the label's own [n].

    `probabilities` [n, classes] by models that saw none of the rows; `classes` [n] the labels' columns.
    """
    usual = np.array([probabilities[classes == column, column].mean() for column in range(probabilities.shape[1])])
    confident = np.where(probabilities >= usual, probabilities, 0)
    best = confident.argmax(axis=1)
    return np.where(confident.max(axis=1) > 0, best, classes)


def _suspects(
    inquiries: Sequence[LabelledInquiry], names: Mapping[str, Sequence[str]], probabilities: Mapping[str, Floats]
) -> list[Suspect]:
    lesson = lesson_of(inquiries, names)
    found = []
    for task in TASKS:
        rows = np.flatnonzero(lesson.classes[task] != UNKNOWN)
        classes, own = lesson.classes[task][rows], probabilities[task][rows]
        better = confident_disagreement(own, classes)
        found += [
            Suspect(
                inquiry=inquiries[rows[index]],
                task=task,
                label=names[task][classes[index]],
                suggested=names[task][better[index]],
                doubt=float(own[index, better[index]] - own[index, classes[index]]),
            )
            for index in np.flatnonzero(better != classes)
        ]
    return found
