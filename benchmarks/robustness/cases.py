"""Cases of robustness: what is asked, and what must be true of the answers.

After the three kinds of test of Ribeiro et al. 2020, Beyond Accuracy: Behavioral Testing of NLP Models with CheckList:
invariance, direction, minimum functionality. A case asks for a few messages and judges the predictions together, so
that `tests/model` and `python -m benchmarks.robustness` count the same things.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.nlp.predictor import Predictor

RECEIVED: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""When every message of a case came: a Monday morning."""

TASKS: Final = ("category", "sentiment", "urgency")
WHOLE: Final = "whole answer"
"""Stands for a task where a case judges all of an answer, or whether it abstains where it must."""

Judge = Callable[[Sequence[Prediction]], str | None]
"""From the predictions for a case's messages, in their order, to what is wrong with them; None if nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`kind` and `group` say what is tested, `task` on which answer, `name` tells it from others of its group."""

    kind: str
    group: str
    task: str
    name: str
    messages: tuple[Message, ...]
    judge: Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A case and what is wrong with its answers; None if nothing is."""

    case: Case
    wrong: str | None


def same_answer(predictions: Sequence[Prediction]) -> str | None:
    """All answers are equal in every respect."""
    first, *others = predictions
    differing = [
        name for name in Prediction.__slots__ if any(getattr(one, name) != getattr(first, name) for one in others)
    ]
    return f"differ in {', '.join(differing)}" if differing else None


def same_label(task: str) -> Judge:
    """The answer to a task stays the same, however sure it is."""

    def judge(predictions: Sequence[Prediction]) -> str | None:
        before, after = (str(getattr(one, task)) for one in predictions)
        return None if before == after else f"{before} became {after}"

    return judge


def abstains(predictions: Sequence[Prediction]) -> str | None:
    """The category is left to people."""
    one = predictions[0]
    return None if one.abstained else f"{one.category} ({one.confidence:.2f}) in language {one.language}"


def message(body: str, *, subject: str | None = None) -> Message:
    """A message that came at RECEIVED."""
    return Message(body=body, subject=subject, received_at=RECEIVED)


def outcomes(predictor: Predictor, cases: Iterable[Case]) -> list[Outcome]:
    """Ask for the messages of all cases, each message once, and judge. RuntimeError if keywords had to answer."""
    cases = list(cases)
    messages = list(dict.fromkeys(one for case in cases for one in case.messages))
    predictions = dict(zip(messages, predictor.predict(messages, interactive=False), strict=True))
    if degraded := [one for one, prediction in predictions.items() if prediction.degraded]:
        raise RuntimeError(f"The model failed on {len(degraded)} messages, first on {degraded[0].body[:80]!a}.")
    return [Outcome(case=case, wrong=case.judge([predictions[message] for message in case.messages])) for case in cases]


@cache
def table(name: str) -> Mapping[str, Any]:
    """A table of texts beside this module."""
    content: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return content
