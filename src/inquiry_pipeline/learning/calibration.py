"""Confidence that means something: temperatures from held-out logits."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.nlp.heads import softmax
from inquiry_pipeline.nlp.manifest import ANY_LANGUAGE

Floats = npt.NDArray[np.float32]
Booleans = npt.NDArray[np.bool_]

_GRID: Final = np.exp(np.linspace(np.log(0.1), np.log(64.0), 160))
_STRIDE: Final = 8
"""Every eighth temperature is tried, then those around the best."""
_ENOUGH_FOR_OWN_TEMPERATURE: Final = 150


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
    largest = str(names[counts.argmax()])
    if (others := known != largest).sum() >= _ENOUGH_FOR_OWN_TEMPERATURE:
        temperatures[ANY_LANGUAGE] = fit(others)
    elif len(names) == 1 and largest in temperatures:
        temperatures[ANY_LANGUAGE] = temperatures[largest]
    else:
        temperatures[ANY_LANGUAGE] = fit(np.ones(len(known), bool))
    return temperatures


def calibrated(logits: Floats, languages: Sequence[str], temperatures: Mapping[str, float]) -> Floats:
    """Probabilities [n, labels] of held-out logits, as a head with these temperatures gives them."""
    divisors = [temperatures.get(name) or temperatures[ANY_LANGUAGE] for name in languages]
    return softmax(logits / np.array(divisors, np.float32)[:, None])


def _temperature(logits: Floats, truth: npt.NDArray[np.int64], scale: Floats) -> float:
    """The best temperature of a grid, by the cross-entropy of the first choice.

    Right and wrong answers count as nearly so, the more nearly the more there are, so that a dozen right answers
    do not make a head certain (Platt 1999, Probabilistic Outputs for Support Vector Machines, section 2.2).
    """
    correct = logits.argmax(axis=1) == truth
    right, wrong = int(correct.sum()), int((~correct).sum())
    target = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))
    below = logits - logits.max(axis=1, keepdims=True)

    def loss(place: int) -> float:
        first = scale / np.exp(below / np.float32(_GRID[place])).sum(axis=1)
        confidence = np.clip(first, 1e-6, 1 - 1e-6)
        return float(-(target * np.log(confidence) + (1 - target) * np.log(1 - confidence)).mean())

    coarse = min(range(0, len(_GRID), _STRIDE), key=loss)
    fine = min(range(max(0, coarse - _STRIDE), min(len(_GRID), coarse + _STRIDE + 1)), key=loss)
    return round(float(_GRID[fine]), 4)
