"""Embedding → calibrated probabilities: one linear layer a task over the shared embedding.

Several sets of heads (a challenger's, say) can read one embedding; each costs microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.nlp.manifest import ANY_LANGUAGE

Floats = npt.NDArray[np.float32]

SCOPE: Final = "scope"
"""The head that says whether a text is an inquiry of any of the categories at all."""

IN_SCOPE: Final = "in"
OUT_OF_SCOPE: Final = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A linear layer with temperatures by language: `weight` [dimensions, labels], `bias` [labels].

    Dividing the logits by the temperature makes confidence mean what it says and changes no order (Guo et al.
    2017, On Calibration of Modern Neural Networks). A language without its own takes that of ANY_LANGUAGE.
    """

    labels: tuple[str, ...]
    weight: Floats
    bias: Floats
    temperatures: Mapping[str, float] = field(default_factory=dict)

    def probabilities(self, embedding: Floats, language: str) -> Floats:
        """Probabilities [labels] for one embedding [dimensions]; they sum to 1."""
        temperature = self.temperatures.get(language) or self.temperatures.get(ANY_LANGUAGE, 1.0)
        return softmax((embedding @ self.weight + self.bias) / np.float32(temperature))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a set of heads says about one text, label by label."""

    category: Mapping[str, float]
    sentiment: Mapping[str, float]
    urgency: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The heads of one model. `scope` may be missing: then every text counts as an inquiry."""

    category: Head
    sentiment: Head
    urgency: Head
    scope: Head | None = None

    def in_scope(self, embedding: Floats, language: str) -> float:
        """The probability (0..1) that a text is an inquiry; 1 where there is no head for it."""
        if self.scope is None:
            return 1.0
        return float(self.scope.probabilities(embedding, language)[self.scope.labels.index(IN_SCOPE)])

    def answer(self, embedding: Floats, language: str) -> Answer:
        """Probabilities for every task.

        The category's are shares of the probability that the text is in scope, so they sum to less than 1; what
        is missing is the probability that none of the categories applies.
        """
        category = self.category.probabilities(embedding, language)
        category = category * np.float32(self.in_scope(embedding, language))
        return Answer(
            category=_named(self.category, category),
            sentiment=_named(self.sentiment, self.sentiment.probabilities(embedding, language)),
            urgency=_named(self.urgency, self.urgency.probabilities(embedding, language)),
        )


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = exponents / exponents.sum(axis=-1, keepdims=True)
    return probabilities


def save_heads(path: Path, heads: Mapping[str, Head]) -> None:
    """Write weights and biases; labels and temperatures belong into the manifest."""
    arrays = {f"{task}.weight": head.weight.astype(np.float32) for task, head in heads.items()}
    arrays |= {f"{task}.bias": head.bias.astype(np.float32) for task, head in heads.items()}
    np.savez(path, allow_pickle=False, **arrays)


def load_heads(
    path: Path,
    *,
    labels: Mapping[str, tuple[str, ...]],
    temperatures: Mapping[str, Mapping[str, float]],
    dimensions: int,
) -> Heads:
    """Read the heads of a bundle; BundleError where one is missing or has another shape than it must."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            heads = {
                task: Head(
                    labels=names,
                    weight=arrays[f"{task}.weight"],
                    bias=arrays[f"{task}.bias"],
                    temperatures=temperatures.get(task, {}),
                )
                for task, names in labels.items()
            }
    except (OSError, KeyError, ValueError) as error:
        raise BundleError(f"{path} holds no heads for {', '.join(labels)}: {error}") from error
    for task, head in heads.items():
        expected = (dimensions, len(head.labels))
        if head.weight.shape != expected or head.bias.shape != expected[1:]:
            raise BundleError(f"{path}: head {task} has shape {head.weight.shape}, needed is {expected}.")
    return Heads(
        category=heads["category"],
        sentiment=heads["sentiment"],
        urgency=heads["urgency"],
        scope=heads.get(SCOPE),
    )


def _named(head: Head, values: Floats) -> Mapping[str, float]:
    return dict(zip(head.labels, values.tolist(), strict=True))
