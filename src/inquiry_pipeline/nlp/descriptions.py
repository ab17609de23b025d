"""What each label means in words: what a zero-shot model compares a message with.

The defaults follow the annotation guide. A YAML file can replace any task's, and give other categories.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.core.prediction import Sentiment, Urgency

_FIXED_LABELS: Final = {"sentiment": frozenset(Sentiment), "urgency": frozenset(Urgency)}
_TASKS: Final = ("category", "sentiment", "urgency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One task in words: `labels` to their meanings, which take the place of `{}` in `hypothesis`."""

    hypothesis: str
    labels: Mapping[str, str]

    def hypotheses(self) -> list[str]:
        """One sentence a label, in the order of `labels`."""
        return [self.hypothesis.replace("{}", meaning) for meaning in self.labels.values()]


Descriptions = Mapping[str, Description]
"""By task: category, sentiment, urgency."""

DEFAULT_DESCRIPTIONS: Final[Descriptions] = {
    "category": Description(
        hypothesis="This message is about {}.",
        labels={
            "technical_support": "something that does not work, or how to use it",
            "billing": "an invoice, a charge, a payment or a refund",
            "sales": "buying something, its price, a quote or a demo",
            "hr": "employment, leave, payroll or a job application",
            "legal": "a legal claim, a contract or privacy rights",
            "product_feedback": "an opinion on the product, a suggestion or a feature request",
        },
    ),
    "sentiment": Description(
        hypothesis="The sender of this message is {}.",
        labels={
            "negative": "displeased, angry or worried",
            "neutral": "neither pleased nor displeased",
            "positive": "delighted, grateful or full of praise",
        },
    ),
    "urgency": Description(
        hypothesis="This message is about {}.",
        labels={
            "low": "something that can wait, such as feedback or a general question",
            "medium": "an ordinary problem or request without a near deadline",
            "high": "something that stops the sender from working or is due within two days",
            "critical": "an emergency that harms people, money, security or the law right now",
        },
    ),
}


def load_descriptions(path: Path | None) -> Descriptions:
    """The defaults, with what the file says instead. ConfigurationError names the file and the field."""
    if path is None:
        return DEFAULT_DESCRIPTIONS
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict) or not content:
        raise ConfigurationError(f"{path} must map tasks ({', '.join(_TASKS)}) to descriptions.")
    return {**DEFAULT_DESCRIPTIONS, **{task: _description(f"{path}: {task}", task, content[task]) for task in content}}


def _description(where: str, task: str, given: Any) -> Description:  # noqa: ANN401 - whatever the file holds
    if task not in _TASKS:
        raise ConfigurationError(f"{where} is no task; there are {', '.join(_TASKS)}.")
    if not isinstance(given, dict) or not given or set(given) - {"hypothesis", "labels"}:
        raise ConfigurationError(f"{where} must have `hypothesis`, `labels` or both, and nothing else.")
    default = DEFAULT_DESCRIPTIONS[task]
    hypothesis = given.get("hypothesis", default.hypothesis)
    if not isinstance(hypothesis, str) or hypothesis.count("{}") != 1:
        raise ConfigurationError(f"{where}.hypothesis must be a sentence with one {{}} for the label's meaning.")
    return Description(hypothesis=hypothesis, labels=_labels(f"{where}.labels", task, given.get("labels")))


def _labels(where: str, task: str, given: Any) -> Mapping[str, str]:  # noqa: ANN401
    if given is None:
        return DEFAULT_DESCRIPTIONS[task].labels
    if not isinstance(given, dict) or len(given) < 2:
        raise ConfigurationError(f"{where} must map two labels or more to what they mean.")
    for label, meaning in given.items():
        if not isinstance(label, str) or not isinstance(meaning, str) or not label.strip() or not meaning.strip():
            raise ConfigurationError(f"{where}.{label} must be a text that says what the label means.")
    fixed = _FIXED_LABELS.get(task)
    if fixed and set(given) != fixed:
        raise ConfigurationError(f"{where} must be {', '.join(sorted(fixed))}.")
    return {label: meaning.strip().rstrip(".") for label, meaning in given.items()}
