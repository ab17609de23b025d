"""What the models say about a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate


class Sentiment(StrEnum):
    """How the sender feels, as the text shows it."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Urgency(StrEnum):
    """How soon someone has to act, by consequences and deadlines. In rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


UNKNOWN_LANGUAGE = "und"
"""ISO 639-2 for a text whose language cannot be told: too short, or no words in it."""


SUGGESTED_SHARE = 0.9
"""Of the probability that any category applies, what the suggested ones have together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One model's answer for one message.

    `confidence` figures are calibrated probabilities in 0..1: of the answers given with 0.9, nine in ten are
    right. Those of a model that was configured for a task beside the bundle may not be. `abstained` says that the
    category is a suggestion, not a decision. `degraded` says that keyword rules answered because the model could
    not. `urgency` and its confidence are what the model learned together with rules over deadlines and words,
    `urgency_probabilities` what it learned alone; `urgency_reasons` says what counted, in sentences.
    """

    category: str
    confidence: float
    probabilities: Mapping[str, float]
    sentiment: Sentiment
    sentiment_confidence: float
    sentiment_probabilities: Mapping[str, float]
    urgency: Urgency
    urgency_confidence: float
    urgency_probabilities: Mapping[str, float]
    language: str
    model_version: str
    abstained: bool = False
    degraded: bool = False
    urgency_reasons: tuple[str, ...] = ()

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The fewest categories that together have nine tenths of the probability that any applies, likeliest first."""
        likeliest = sorted(self.probabilities, key=self.probabilities.__getitem__, reverse=True)
        wanted = SUGGESTED_SHARE * sum(self.probabilities.values())
        passed = accumulate(self.probabilities[name] for name in likeliest)
        return tuple(likeliest[: 1 + sum(so_far < wanted for so_far in passed)]) or (self.category,)
