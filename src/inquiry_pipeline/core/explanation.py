"""Why a model said what it said: the words of a text that moved its answer, and by how much."""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How an explanation was found."""

    OCCLUSION = "occlusion"
    """The model was asked again without these words."""

    KEYWORDS = "keywords"
    """Keyword rules answered: these are the words that they know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`text[start:end]`, in Unicode characters, of the text that an explanation is about.

    `weight` is positive where the span speaks for the answer, negative where it speaks against it. By occlusion it is
    how far the log-odds of the answer fall when the span is left out; by keywords it is 1 or -1. `towards` is the
    label that the span speaks for.
    """

    start: int
    end: int
    weight: float
    towards: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskExplanation:
    """What moved the answer to one task. Spans stand with the heaviest for the answer first, against it last.

    `words` are words or short runs of them, in the sentences that matter most; `sentences` are all sentences, or
    groups of them, and empty where there is only one. `note` says why spans are missing, if they are. `label` is None
    where nothing is explained.
    """

    label: str | None
    runner_up: str | None = None
    sentences: tuple[Span, ...] = ()
    words: tuple[Span, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What moved a model's answers for one message.

    `text` is what the model read: subject and body without markup, quotations and signature. `unread` are the
    ranges of a long one that the model left out. `urgency_rules` are the reasons of the rules that fired; `passes`
    counts what the encoder was asked.
    """

    text: str
    method: Method
    model_version: str
    category: TaskExplanation
    sentiment: TaskExplanation
    urgency: TaskExplanation
    urgency_rules: tuple[str, ...] = ()
    unread: tuple[tuple[int, int], ...] = ()
    passes: int = 0
