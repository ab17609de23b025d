"""Which words moved an answer: those without which the model would be less sure of it.

Leaving parts out and asking again needs no gradients and looks into no model (Zeiler and Fergus 2014, Visualizing
and Understanding Convolutional Networks; for text Li, Monroe and Jurafsky 2016, Understanding Neural Networks through
Representation Erasure). Sentences go first, then the words of those that matter most: a bounded number of passes,
each of which tells of all tasks.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inquiry_pipeline.core.explanation import Span, TaskExplanation
from inquiry_pipeline.nlp.backends import Task
from inquiry_pipeline.nlp.phrases import Range, find_phrases, find_sentences, find_words, grouped

_SENTENCE_SHARE: Final = 3
"""At most a third of the passes go to sentences."""
_LEAST_ROOM: Final = 3
_CERTAIN: Final = 1e-6
_SLIGHTEST: Final = 0.02
"""Differences of less are rounding in an int8 encoder as often as meaning."""

Scores = Mapping[Task, Mapping[str, float]]
"""The probability of every label, for each task that is explained."""

Ask = Callable[[Sequence[Range | None]], Sequence[Scores]]
"""What the model says about the text without each of the ranges; None stands for the whole text."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """A range that was left out, and what the model said then."""

    left_out: Range
    scores: Scores


def explain_by_occlusion(
    text: str, *, unread: Sequence[Range], passes: int, ask: Ask
) -> tuple[dict[Task, TaskExplanation], int]:
    """What moved the answers about a clean text, by task, and the passes that it took, at most `passes` (3 or more).

    Words in the ranges of `unread` are not tried.
    """
    words = [word for word in find_words(text) if not any(word.within(one) for one in unread)]
    groups = find_sentences(text, words, at_most=max(1, (passes - 1) // _SENTENCE_SHARE))
    ranges = [Range(group[0].start, group[-1].end) for group in groups]
    if len(ranges) < 2:
        ranges = []
    whole, *without = ask([None, *ranges])
    sentences = [_Tried(*pair) for pair in zip(ranges, without, strict=True)]
    heaviest, others = _by_importance(whole, sentences) if sentences else (range(len(groups)), ())
    chosen = _choose(
        [find_phrases(text, groups[index]) for index in heaviest],
        [find_phrases(text, groups[index]) for index in others],
        at_most=passes - 1 - len(ranges),
    )
    phrases = [_Tried(*pair) for pair in zip(chosen, ask(chosen) if chosen else (), strict=True)]
    note = None if words else "The text has no words that could be left out."
    found = {task: _explained(task, whole, sentences, phrases, note) for task in whole}
    return found, 1 + len(sentences) + len(phrases)


def log_odds(probability: float) -> float:
    """The logarithm of p / (1 - p), bounded."""
    bounded = min(max(probability, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))


def _by_importance(whole: Scores, sentences: Sequence[_Tried]) -> tuple[list[int], list[int]]:
    """The sentences that are the heaviest for some task, and the others by what they matter most for."""
    importance = [0.0] * len(sentences)
    for task, probabilities in whole.items():
        label = max(probabilities, key=probabilities.__getitem__)
        weights = [abs(_weight(probabilities, one.scores[task], label)) for one in sentences]
        heaviest = max(weights) or 1.0
        importance = [max(pair) for pair in zip(importance, (weight / heaviest for weight in weights), strict=True)]
    order = sorted(range(len(sentences)), key=lambda index: -importance[index])
    count = min(max(importance.count(1.0), 1), max(len(whole), 1))
    return order[:count], order[count:]


def _choose(heaviest: Sequence[Sequence[Range]], others: Sequence[Sequence[Range]], *, at_most: int) -> list[Range]:
    """The phrases to try: of every sentence in `heaviest`, and of others while there is room.

    Neighbours go together where there is little room.
    """
    size = 1
    while sum(math.ceil(len(sentence) / size) for sentence in heaviest) > max(at_most, len(heaviest)):
        size += 1
    chosen = [part for sentence in heaviest for part in grouped(sentence, size)][:at_most]
    for sentence in others:
        room = at_most - len(chosen)
        if room < min(len(sentence), _LEAST_ROOM):
            break
        chosen.extend(grouped(sentence, math.ceil(len(sentence) / room)))
    return chosen


def _explained(
    task: Task, whole: Scores, sentences: Sequence[_Tried], phrases: Sequence[_Tried], note: str | None
) -> TaskExplanation:
    label, *others = sorted(whole[task], key=lambda name: -whole[task][name])
    return TaskExplanation(
        label=label,
        runner_up=others[0] if others else None,
        sentences=_spans(task, whole, sentences, label),
        words=_spans(task, whole, phrases, label),
        note=note,
    )


def _spans(task: Task, whole: Scores, tried: Sequence[_Tried], label: str) -> tuple[Span, ...]:
    spans = (_span(whole[task], one.scores[task], one.left_out, label) for one in tried)
    return tuple(sorted((span for span in spans if abs(span.weight) >= _SLIGHTEST), key=lambda span: -span.weight))


def _span(whole: Mapping[str, float], without: Mapping[str, float], left_out: Range, label: str) -> Span:
    weight = _weight(whole, without, label)
    towards = label
    if weight < 0 and len(whole) > 1:
        towards = max((name for name in whole if name != label), key=lambda name: _weight(whole, without, name))
    return Span(start=left_out.start, end=left_out.end, weight=round(weight, 3), towards=towards)


def _weight(whole: Mapping[str, float], without: Mapping[str, float], label: str) -> float:
    return log_odds(whole[label]) - log_odds(without[label])
