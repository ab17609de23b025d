"""Heads over frozen embeddings: multinomial logistic regression, cross-validated by source.

Every figure comes from inquiries whose whole source (file: another author, another setting) was held out, and
so do temperatures and thresholds. Near-duplicates of a held-out inquiry are left out of training, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry
from inquiry_pipeline.nlp.heads import IN_SCOPE, OUT_OF_SCOPE, SCOPE, Head

Floats = npt.NDArray[np.float32]

FOLDS: Final = 5
_STRENGTH: Final = 3.0
"""Inverse regularisation; 20 was worse in every task and language on held-out sources."""
_OUT_OF_SCOPE_WEIGHT: Final = 5.0
"""Out-of-scope texts are 3 % of the written data; mailboxes hold more, and missing them costs more."""
ALL_TASKS: Final = (*TASKS, SCOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """Inquiries beside their embeddings [inquiries, dimensions] and near-duplicate clusters [inquiries]."""

    inquiries: Sequence[LabelledInquiry]
    embeddings: Floats
    clusters: npt.NDArray[np.int64]

    def labels(self, task: str) -> npt.NDArray[np.str_]:
        """The label of every inquiry, "" where there is none to learn from."""
        if task == SCOPE:
            return np.array([OUT_OF_SCOPE if i.out_of_scope else IN_SCOPE for i in self.inquiries])
        return np.array(["" if i.out_of_scope else i.label(task) or "" for i in self.inquiries])

    def only(self, rows: npt.NDArray[np.bool_]) -> "TrainingSet":
        """The rows that are true."""
        return TrainingSet(
            inquiries=list(compress(self.inquiries, rows)),
            embeddings=self.embeddings[rows],
            clusters=self.clusters[rows],
        )


def train_head(training: TrainingSet, task: str, *, rows: npt.NDArray[np.bool_] | None = None) -> Head:
    """Fit one head on the given rows (default: all) that have a label."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - train extra

    labels = training.labels(task)
    chosen = (labels != "") if rows is None else (labels != "") & rows
    weights = {IN_SCOPE: 1.0, OUT_OF_SCOPE: _OUT_OF_SCOPE_WEIGHT} if task == SCOPE else None
    model = LogisticRegression(C=_STRENGTH, max_iter=300, tol=3e-4, class_weight=weights)
    model.fit(training.embeddings[chosen], labels[chosen])
    weight, bias = model.coef_.T, model.intercept_
    if weight.shape[1] == 1:  # two classes: one column, for the second
        weight, bias = np.hstack([-weight / 2, weight / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return Head(
        labels=tuple(str(label) for label in model.classes_),
        weight=weight.astype(np.float32),
        bias=bias.astype(np.float32),
    )


def held_out_logits(training: TrainingSet) -> Mapping[str, Floats]:
    """Logits [inquiries, labels] by task, each from heads that saw neither the inquiry's source nor its like."""
    folds = assign_folds(training)
    logits: dict[str, Floats] = {}
    for task in ALL_TASKS:
        columns = len(set(training.labels(task)) - {""})
        logits[task] = np.zeros((len(folds), columns), np.float32)
        for fold in range(FOLDS):
            held_out = folds == fold
            alike = np.isin(training.clusters, training.clusters[held_out])
            head = train_head(training, task, rows=~alike)
            logits[task][held_out] = training.embeddings[held_out] @ head.weight + head.bias
    return logits


def assign_folds(training: TrainingSet) -> npt.NDArray[np.int64]:
    """A fold 0..FOLDS-1 for every inquiry: whole sources together, out-of-scope texts by cluster.

    Sources are dealt out by size, largest first, each to the smallest fold so far.
    """
    sources = np.array([inquiry.source for inquiry in training.inquiries])
    scoped = np.array([not inquiry.out_of_scope for inquiry in training.inquiries], bool)
    folds = training.clusters % FOLDS
    names, sizes = np.unique(sources[scoped], return_counts=True)
    filled = [0] * FOLDS
    for index in np.argsort(-sizes, kind="stable"):
        fold = filled.index(min(filled))
        filled[fold] += int(sizes[index])
        folds[scoped & (sources == names[index])] = fold
    return folds
