"""Thresholds by class and language for a target precision, chosen on held-out answers and told without optimism.

The figures that go with a choice are cross-fitted: the threshold that decides an answer was chosen without the
answers of its fold. What is applied is chosen on all of them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.learning.evaluation import wilson_interval
from inquiry_pipeline.learning.evidence import HeldOut
from inquiry_pipeline.nlp.manifest import ALWAYS_ABSTAIN, ANY_LANGUAGE

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

LEAST_DECIDED: Final = 30
"""A threshold needs so many held-out answers above it."""
_STEPS: Final = 10_000
"""Thresholds have four decimals, rounded down, so that the answer that they were chosen by is decided."""


class Origin(StrEnum):
    """Which held-out answers a threshold was chosen on."""

    OWN = "own"
    LANGUAGE = "language"
    CATEGORY = "class"
    ALL = "all"
    CONFIDENCE = "confidence"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What thresholds are for.

    `precision`: the share of decided answers that shall be right. `cautious`: not the share itself but the lower
    end of its 95 % interval must reach it. `otherwise`: the threshold where there are too few answers to choose
    one; without it such a class abstains.
    """

    precision: float
    cautious: bool = False
    otherwise: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold in 0..1, or ALWAYS_ABSTAIN, and where it comes from."""

    threshold: float
    origin: Origin


Choices = Mapping[str, Mapping[str, Choice]]
"""Choices by language (also ANY_LANGUAGE) and category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A class in a language: its choice, how many held-out answers it has, and how those fare.

    `decided` answers, `right` of them, are cross-fitted.
    """

    language: str
    category: str
    choice: Choice
    answers: int
    decided: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of decided answers that are right; None where nothing is decided."""
        return self.right / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the precision (Wilson 1927)."""
        return wilson_interval(self.right, self.decided) if self.decided else None

    @property
    def automation(self) -> float | None:
        """The share of its answers that is decided."""
        return self.decided / self.answers if self.answers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a target precision comes to. Counts are of held-out inquiries, decided as cross-fitted.

    `inquiries` in scope, `decided` of them, `right` of those; texts `out_of_scope`, and how many of them are decided.
    """

    aim: Aim
    choices: Choices
    cells: tuple[Cell, ...]
    inquiries: int
    decided: int
    right: int
    out_of_scope: int
    out_of_scope_decided: int

    @property
    def thresholds(self) -> dict[str, dict[str, float]]:
        """In the manifest's form."""
        return {
            language: {category: choice.threshold for category, choice in own.items()}
            for language, own in self.choices.items()
        }


def outcome(held_out: HeldOut, languages: Sequence[str], aim: Aim) -> Outcome:
    """The thresholds for an aim in the supported languages, with what they would have done."""
    choices = choose(held_out, languages, aim)
    decided = decide(held_out, languages, aim)
    scoped = held_out.in_scope
    return Outcome(
        aim=aim,
        choices=choices,
        cells=tuple(_cells(held_out, choices, decided)),
        inquiries=int(scoped.sum()),
        decided=int((decided & scoped).sum()),
        right=int((decided & held_out.right).sum()),
        out_of_scope=int((~scoped).sum()),
        out_of_scope_decided=int((decided & ~scoped).sum()),
    )


def decide(held_out: HeldOut, languages: Sequence[str], aim: Aim) -> Booleans:
    """Which held-out answers [n] are decided by thresholds that were chosen on the other folds."""
    decided = np.zeros(len(held_out.right), bool)
    for fold in np.unique(held_out.folds):
        rows = held_out.folds == fold
        choices = choose(held_out.only(~rows), languages, aim)
        decided[rows] = held_out.confidence[rows] >= _thresholds(held_out.only(rows), choices)
    return decided


def choose(held_out: HeldOut, languages: Sequence[str], aim: Aim) -> Choices:
    """The least threshold that meets the aim for every class in every language, with at least 30 answers above it.

    A class with too few answers in a language takes the threshold of all classes there, else that of the class in
    all supported languages; unless its own answers speak against it. Texts out of scope count as wrong answers.
    """
    pool = held_out.only(np.isin(held_out.languages, languages))
    anything = np.ones(len(pool.right), bool)
    choices: dict[str, dict[str, Choice]] = {}
    for language in (ANY_LANGUAGE, *languages):
        spoken = anything if language == ANY_LANGUAGE else pool.languages == language
        choices[language] = {}
        for column, category in enumerate(pool.categories):
            answered = pool.predicted == column
            levels = [(Origin.OWN, spoken & answered), (Origin.LANGUAGE, spoken), (Origin.CATEGORY, answered)]
            if language == ANY_LANGUAGE:
                levels = [(Origin.CATEGORY, answered), (Origin.ALL, anything)]
            choices[language][category] = _choice(pool, levels, aim)
    return choices


def _choice(pool: HeldOut, levels: Sequence[tuple[Origin, Booleans]], aim: Aim) -> Choice:
    """The first level's threshold that exists and that the class's own answers, the first level, do not refute."""
    own = levels[0][1]
    for origin, rows in levels:
        threshold = _least(pool.confidence[rows], pool.right[rows], aim)
        if threshold is not None and not _refuted(pool.right[own & (pool.confidence >= threshold)], aim):
            return Choice(threshold, origin)
    if aim.otherwise is not None and max(rows.sum() for _, rows in levels) < LEAST_DECIDED:
        return Choice(aim.otherwise, Origin.CONFIDENCE)
    return Choice(ALWAYS_ABSTAIN, Origin.NONE)


def _least(confidence: Floats, right: Booleans, aim: Aim) -> float | None:
    """The least confidence from which on the answers meet the aim; None where fewer than 30 do.

    Where all of them do, the confidence, which is calibrated, is trusted down to the precision aimed at.
    """
    if len(confidence) < LEAST_DECIDED:
        return None
    order = np.argsort(-confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    correct = np.cumsum(right[order].astype(np.int64))
    reached = _lower_bounds(correct, count) if aim.cautious else correct / count
    last_of_its_confidence = np.append(np.diff(confidence[order]) < 0, True)
    met = np.flatnonzero((reached >= aim.precision) & (count >= LEAST_DECIDED) & last_of_its_confidence)
    if not len(met):
        return None
    least = math.floor(float(confidence[order[met[-1]]]) * _STEPS) / _STEPS
    return min(least, aim.precision) if met[-1] == len(order) - 1 else least


def _lower_bounds(right: npt.NDArray[np.int64], count: npt.NDArray[np.int64]) -> Doubles:
    return np.array([wilson_interval(int(r), int(n))[0] for r, n in zip(right, count, strict=True)])


def _refuted(right: Booleans, aim: Aim) -> bool:
    """Whether decided answers are surely less often right than they should be."""
    return bool(len(right)) and wilson_interval(int(right.sum()), len(right))[1] < aim.precision


def _cells(held_out: HeldOut, choices: Choices, decided: Booleans) -> Iterator[Cell]:
    for language, own in choices.items():
        if language == ANY_LANGUAGE:
            continue
        for column, category in enumerate(held_out.categories):
            rows = (held_out.languages == language) & (held_out.predicted == column)
            yield Cell(
                language=language,
                category=category,
                choice=own[category],
                answers=int(rows.sum()),
                decided=int((rows & decided).sum()),
                right=int((rows & decided & held_out.right).sum()),
            )


def _thresholds(held_out: HeldOut, choices: Choices) -> Doubles:
    """The threshold [n] that serving would hold each answer's confidence against."""

    def least(language: str, category: str) -> float:
        readable = language in choices or language == UNKNOWN_LANGUAGE
        own = choices.get(language, choices[ANY_LANGUAGE])
        return own[category].threshold if readable else ALWAYS_ABSTAIN

    categories = [held_out.categories[column] for column in held_out.predicted]
    return np.array([least(*pair) for pair in zip(held_out.languages.tolist(), categories, strict=True)], float)
