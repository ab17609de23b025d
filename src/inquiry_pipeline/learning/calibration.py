"""Confidence that means something: temperatures and abstention thresholds, from held-out logits."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.nlp.heads import softmax
from inquiry_pipeline.nlp.manifest import ANY_LANGUAGE

Floats = npt.NDArray[np.float32]
Booleans = npt.NDArray[np.bool_]

_GRID: Final = np.exp(np.linspace(np.log(0.25), np.log(8.0), 80))
_ENOUGH_FOR_OWN_TEMPERATURE: Final = 150
_LEAST_DECIDED: Final = 30


def fit_temperatures(
    logits: Floats, truth: npt.NDArray[np.int64], languages: Sequence[str], *, scale: Floats | None = None
) -> dict[str, float]:
    """A temperature a language, such that the first choice's confidence is the share of right answers.

    `logits` [n, labels], `truth` [n] (column of the true label), `scale` [n]: what the confidence is multiplied
    with afterwards (default 1). By least binary cross-entropy of the first choice. ANY_LANGUAGE gets that of
    everything but the largest language: what is not listed is read worse than that.
    """
    names, counts = np.unique(np.array(languages), return_counts=True)
    known = np.array(languages)
    factor = np.ones(len(truth), np.float32) if scale is None else scale

    def fit(rows: Booleans) -> float:
        return _temperature(logits[rows], truth[rows], factor[rows])

    temperatures = {
        str(name): fit(known == name)
        for name, count in zip(names, counts, strict=True)
        if count >= _ENOUGH_FOR_OWN_TEMPERATURE
    }
    others = known != names[counts.argmax()]
    temperatures[ANY_LANGUAGE] = fit(
        others if others.sum() >= _ENOUGH_FOR_OWN_TEMPERATURE else np.ones(len(known), bool)
    )
    return temperatures


def calibrated(logits: Floats, languages: Sequence[str], temperatures: Mapping[str, float]) -> Floats:
    """Probabilities [n, labels] of held-out logits, as a head with these temperatures gives them."""
    divisors = [temperatures.get(name) or temperatures[ANY_LANGUAGE] for name in languages]
    return softmax(logits / np.array(divisors, np.float32)[:, None])


def choose_thresholds(
    labels: Sequence[str],
    predicted: npt.NDArray[np.int64],
    confidence: Floats,
    correct: Booleans,
    *,
    target_precision: float,
) -> dict[str, float]:
    """For every label the least confidence from which on its answers reach the target precision.

    Arrays are [n]. Where no threshold reaches it with at least 30 answers, the label always abstains (1.0).
    """
    return {
        label: _threshold(confidence[predicted == column], correct[predicted == column], target_precision)
        for column, label in enumerate(labels)
    }


def _temperature(logits: Floats, truth: npt.NDArray[np.int64], scale: Floats) -> float:
    correct = logits.argmax(axis=1) == truth
    losses = []
    for temperature in _GRID:
        confidence = softmax(logits / np.float32(temperature)).max(axis=1) * scale
        chance = np.clip(np.where(correct, confidence, 1 - confidence), 1e-6, 1)
        losses.append(-np.log(chance).mean())
    return round(float(_GRID[int(np.argmin(losses))]), 4)


def _threshold(confidence: Floats, correct: Booleans, target: float) -> float:
    if not len(confidence):
        return 1.0
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero((precision >= target) & (np.arange(len(order)) >= _LEAST_DECIDED - 1))
    return round(float(confidence[order[reached[-1]]]), 4) if len(reached) else 1.0
